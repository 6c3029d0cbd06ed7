//! Sizes as people write them: `10m` for ten mebibytes.

/// Reads a size in bytes: a number, and perhaps one of the units k, m, g and t, each 1024 of the one
/// before, written in any case, alone or as in `KB` and `KiB`.
///
/// # Errors
/// It is none, or 0.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || "not a size; use a number of bytes, or one such as 500k, 10m, 2g".to_owned();
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit = unit.trim_start();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit);
    let shift = match unit {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(wrong()),
    };
    let size = number.checked_mul(1 << shift).ok_or_else(wrong)?;
    if size == 0 { Err("it must be more than 0".to_owned()) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("1", 1), ("512b", 512), ("10k", 10_240), ("10 KB", 10_240), ("2MiB", 2 << 20), ("1g", 1 << 30)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "m", "1x", "-1", "1.5m", "99999999999t", "1 2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
