//! The Internet checksum (RFC 1071), and its update without the data (RFC 1624).

/// Returns the sum of 16-bit words in ones' complement, folded.
pub(crate) fn sum(parts: &[&[u8]]) -> u16 {
    let mut total = 0_u64;
    for part in parts {
        let (words, rest) = part.as_chunks::<2>();
        total += words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum::<u64>();
        if let [last] = rest {
            total += u64::from(u16::from_be_bytes([*last, 0]));
        }
    }
    fold(total)
}

/// Returns a sum in which `old` is replaced by `new`. Both start at an even place of
/// what was summed and have the same even length.
pub(crate) fn replace(total: u16, old: &[u8], new: &[u8]) -> u16 {
    fold(u64::from(total) + u64::from(!sum(&[old])) + u64::from(sum(&[new])))
}

#[expect(clippy::cast_possible_truncation, reason = "folded until it fits")]
fn fold(mut total: u64) -> u16 {
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_sum_is_the_sum_of_the_new_data() {
        let old = [0x45, 0x00, 0x12, 0x34, 0xff, 0xfe, 0x00, 0x01];
        for (from, to) in [([0x12, 0x34], [0xab, 0xcd]), ([0x12, 0x34], [0, 0]), ([0x12, 0x34], [0xff, 0xff])]
        {
            let mut new = old;
            new[2..4].copy_from_slice(&to);
            let replaced = replace(sum(&[&old]), &from, &to);
            assert_eq!(replaced % 0xffff, sum(&[&new]) % 0xffff);
        }
    }

    #[test]
    fn an_odd_byte_counts_as_the_high_half() {
        assert_eq!(sum(&[&[1, 2, 3]]), 0x0402);
    }
}
