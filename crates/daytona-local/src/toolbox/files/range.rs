//! The `Range` header of a download.

use std::ops::Range;

/// What a request for ranges asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything.
    Whole,
    /// These stretches, in this order.
    Ranges(Vec<Range<u64>>),
    /// Stretches that are all behind the end.
    Beyond,
    /// Something that is no range of bytes.
    Malformed,
}

/// Reads the header's value for a file of `size` bytes.
pub(super) fn wanted(value: &str, size: u64) -> Wanted {
    let Some(list) = value.strip_prefix("bytes=") else { return Wanted::Malformed };
    let (mut ranges, mut beyond) = (Vec::new(), false);
    for spec in list.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        match one(spec, size) {
            Some(Some(range)) => ranges.push(range),
            Some(None) => beyond = true,
            None => return Wanted::Malformed,
        }
    }
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    match ranges.len() {
        // An empty file has nothing to miss.
        0 if beyond && size > 0 => Wanted::Beyond,
        0 => Wanted::Whole,
        // Asking for more than there is costs more than the whole.
        _ if total > size => Wanted::Whole,
        _ => Wanted::Ranges(ranges),
    }
}

/// One range: `None` when malformed, `Some(None)` when behind the end.
fn one(spec: &str, size: u64) -> Option<Option<Range<u64>>> {
    let (first, last) = spec.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let length = number(last)?.min(size);
        return Some(Some(size - length..size));
    }
    let first = number(first)?;
    let last = if last.is_empty() { None } else { Some(number(last)?) };
    if first >= size {
        return Some(None);
    }
    match last {
        Some(last) if last < first => None,
        Some(last) => Some(Some(first..last.min(size - 1) + 1)),
        None => Some(Some(first..size)),
    }
}

/// Digits only: a sign would be read too otherwise.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let one = |start, end| Wanted::Ranges(vec![Range { start, end }]);
        for (value, expected) in [
            ("bytes=2-4", one(2, 5)),
            ("bytes=-3", one(7, 10)),
            ("bytes=-99", one(0, 10)),
            ("bytes=8-", one(8, 10)),
            ("bytes=5-99", one(5, 10)),
            ("bytes= 0-0 ,", one(0, 1)),
            ("bytes=0-1,8-9", Wanted::Ranges(vec![0..2, 8..10])),
            ("bytes=0-9,0-9", Wanted::Whole),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=10-,0-0", one(0, 1)),
            ("bytes=4-2", Wanted::Malformed),
            ("lines=1-2", Wanted::Malformed),
            ("bytes=abc", Wanted::Malformed),
            ("bytes=--1", Wanted::Malformed),
            ("bytes=+1-2", Wanted::Malformed),
            ("bytes=-", Wanted::Malformed),
        ] {
            assert_eq!(wanted(value, 10), expected, "{value}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Whole);
    }
}
