use super::*;

/// Gives a body out in pieces of `size` bytes, as a network may.
struct Pieces<'a> {
    body: &'a [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.size.min(self.body.len()).min(target.len());
        let (piece, rest) = self.body.split_at(length);
        target[..length].copy_from_slice(piece);
        self.body = rest;
        Ok(length)
    }
}

type Read1 = (String, Result<String, String>);

/// All parts with their contents, and how the body ended.
fn parts(boundary: &str, body: &str, size: usize) -> (Vec<Read1>, Result<(), String>) {
    let mut multipart = Multipart::new(boundary.as_bytes(), Pieces { body: body.as_bytes(), size });
    let mut found = Vec::new();
    loop {
        match multipart.next_part() {
            Ok(Some(part)) => {
                let mut content = Vec::new();
                let copied = multipart.copy(&part, &mut content);
                let content = String::from_utf8(content).unwrap();
                found.push((part.name, copied.map(|_| content).map_err(|error| error.to_string())));
            }
            Ok(None) => return (found, Ok(())),
            Err(error) => return (found, Err(error)),
        }
    }
}

/// Checks a body in one piece and byte by byte.
fn check(boundary: &str, body: &str, expected: &[(&str, &str)]) {
    for size in [usize::MAX, 7, 1] {
        let (found, end) = parts(boundary, body, size);
        let found: Vec<_> =
            found.iter().map(|(name, content)| (name.as_str(), content.as_deref().unwrap())).collect();
        assert_eq!(found, expected, "pieces of {size}");
        assert_eq!(end, Ok(()), "pieces of {size}");
    }
}

const A: &str = "Content-Disposition: form-data; name=\"a\"";

#[test]
fn things_like_boundaries_are_content() {
    let content = "first\r\nx --B-- y\r\n--Bx\r\n --B\r\n--B-x\r\n";
    check("B", &format!("--B\r\n{A}\r\n\r\n{content}\r\n--B--\r\n"), &[("a", content)]);
}

#[test]
fn preamble_and_epilogue_are_ignored_and_blanks_may_follow_a_boundary() {
    let body =
        format!("pre\r\namble\r\n--q b \t\r\n{A}\r\n\r\nhello\r\n--q b--\r\nepilogue\r\n--q b\r\nmore");
    check("q b", &body, &[("a", "hello")]);
}

#[test]
fn lines_may_end_in_a_newline_alone() {
    check("B", &format!("--B\n{A}\n\nx\ny\n--B\n{A}\n\n\n--B--\n"), &[("a", "x\ny"), ("a", "")]);
}

#[test]
fn a_part_may_be_empty_even_without_a_line_end() {
    check("B", &format!("--B\r\n{A}\r\n\r\n--B\r\n{A}\r\n\r\n\r\n--B--"), &[("a", ""), ("a", "")]);
    check("B", "--B--\r\n", &[]);
    check("B", "--B--", &[]);
}

#[test]
fn a_foreign_disposition_has_no_name() {
    check("B", "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--B--\r\n", &[("", "x")]);
}

#[test]
fn quoted_printable_is_decoded_and_base64_is_not() {
    let part = |encoding: &str, text: &str| {
        format!("--B\r\n{A}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}\r\n")
    };
    let body = format!("{}{}--B--\r\n", part("Quoted-Printable", "a=3Db=\r\nc"), part("base64", "aGk="));
    check("B", &body, &[("a", "a=bc"), ("a", "aGk=")]);
}

#[test]
fn what_arrived_of_a_part_that_is_cut_off_is_handed_out() {
    for size in [usize::MAX, 3, 1] {
        let body = format!("--B\r\n{A}\r\n\r\nhalf");
        let mut multipart = Multipart::new(b"B", Pieces { body: body.as_bytes(), size });
        let part = multipart.next_part().unwrap().unwrap();
        let mut content = Vec::new();
        let error = multipart.copy(&part, &mut content).unwrap_err();
        assert_eq!((content.as_slice(), error.to_string().as_str()), (&b"half"[..], "unexpected EOF"));
        assert_eq!(multipart.next_part().unwrap_err(), "multipart: NextPart: EOF");
    }
}

#[test]
fn nothing_at_all_is_an_error() {
    for body in ["", "--B", "no boundary\r\n", &format!("--B\r\n{A}")] {
        assert_eq!(parts("B", body, 2).1, Err("multipart: NextPart: EOF".to_owned()), "{body}");
    }
}

#[test]
fn a_part_larger_than_the_buffer_streams_through_it() {
    let content = "0123456789abcdef".repeat(3 * BUFFER / 16);
    let body = format!("--B\r\n{A}\r\n\r\n{content}\r\n--B--\r\n");
    let (found, end) = parts("B", &body, 64 * 1024);
    assert_eq!(found[0].1.as_deref().map(str::len), Ok(content.len()));
    assert_eq!((found[0].1.as_deref(), end), (Ok(content.as_str()), Ok(())));
}

#[test]
fn a_part_that_is_not_read_is_skipped() {
    let body = format!("--B\r\n{A}\r\n\r\nunread\r\n--B\r\n{A}\r\n\r\nx\r\n--B--\r\n");
    let mut multipart = Multipart::new(b"B", body.as_bytes());
    multipart.next_part().unwrap().unwrap();
    assert!(multipart.next_part().unwrap().is_some());
    assert_eq!(multipart.next_part(), Ok(None));
}

#[test]
fn endless_headers_are_refused() {
    let body = format!("--B\r\n{}", "x: y\r\n".repeat(BUFFER / 4));
    assert!(parts("B", &body, usize::MAX).1.unwrap_err().contains("too long"));
    let (_, end) = parts("B", &"x".repeat(2 * BUFFER), usize::MAX);
    assert!(end.unwrap_err().contains("too long"));
}

#[test]
fn the_boundary_of_a_content_type() {
    let found = |text: &str| boundary(text.as_bytes()).map(|found| String::from_utf8(found).unwrap());
    assert_eq!(found("multipart/form-data; boundary=B").as_deref(), Some("B"));
    assert_eq!(found("Multipart/Mixed; charset=x; BOUNDARY=\"q; \\\"b\"").as_deref(), Some("q; \"b"));
    for none in ["multipart/form-data", "application/json; boundary=B", "", "multipart/form-data; boundary="]
    {
        assert_eq!(found(none), None, "{none}");
    }
}

#[test]
fn a_disposition_with_a_path_of_another_system() {
    let mut part = Part::default();
    part.header(b"Content-Disposition", br#"form-data; filename="C:\dir\"f\""; name=plain"#);
    assert_eq!(part, Part { name: "plain".to_owned(), is_file: true, quoted_printable: false });
}

mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    type Contents = Vec<(Part, Vec<u8>)>;

    /// All parts with their contents, whatever the bytes are.
    fn read(boundary: &[u8], body: &[u8], size: usize) -> (Contents, Result<(), String>) {
        let mut multipart = Multipart::new(boundary, Pieces { body, size });
        let mut found = Vec::new();
        loop {
            match multipart.next_part() {
                Ok(Some(part)) => {
                    let mut content = Vec::new();
                    let _cut_off = multipart.copy(&part, &mut content);
                    found.push((part, content));
                }
                Ok(None) => return (found, Ok(())),
                Err(error) => return (found, Err(error)),
            }
        }
    }

    /// Bytes of which many look like parts of a body.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"--B".to_vec()),
            Just(b"--B--".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=\"files[0].file\"; filename=\"".to_vec()),
            Just(b"Content-Transfer-Encoding: quoted-printable\r\n".to_vec()),
            vec(any::<u8>(), 0..20),
        ];
        vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        #[test]
        fn any_bytes_are_read_to_an_end_that_does_not_depend_on_the_pieces(body in bytes(), size in 1..64_usize) {
            let whole = read(b"B", &body, usize::MAX);
            prop_assert_eq!(read(b"B", &body, size), whole);
        }

        #[test]
        fn contents_come_out_as_they_went_in(contents in vec(vec(any::<u8>(), 0..400), 0..5), size in 1..64_usize) {
            let mut body = Vec::new();
            for content in &contents {
                body.extend_from_slice(format!("--bOuNdArY\r\n{A}\r\n\r\n").as_bytes());
                body.extend_from_slice(content);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"--bOuNdArY--\r\n");
            let (parts, end) = read(b"bOuNdArY", &body, size);
            prop_assert_eq!(end, Ok(()));
            let found: Vec<Vec<u8>> = parts.into_iter().map(|(_, content)| content).collect();
            prop_assert_eq!(found, contents);
        }

        #[test]
        fn any_content_type_is_read(text in "[ -~]{0,60}", tail in vec(any::<u8>(), 0..40)) {
            let _boundary = boundary(&[text.as_bytes(), &tail].concat());
            let _boundary = boundary(&[b"multipart/x; boundary=", &*tail].concat());
        }
    }
}
