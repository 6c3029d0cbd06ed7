//! Random and spoiled info files of locks: reading them does no harm, and whatever is left of one
//! never names another holder than it did.

use crate::common::fuzz;
use aimem::lock::info::{Info, Liveness, MAX_BYTES};
use proptest::prelude::*;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// A line: its key, its value, and how it ends.
type Line = (String, String, &'static str);

fn text_of(lines: &[Line]) -> Vec<u8> {
    lines.iter().flat_map(|(key, value, end)| format!("{key}: {value}{end}").into_bytes()).collect()
}

fn time() -> impl Strategy<Value = String> {
    // Until the year 9999.
    (0..253_402_000_000i64, 0..1000u32, prop::sample::select(vec![0usize, 3])).prop_map(
        |(seconds, millis, digits)| {
            let millis = if digits == 0 { 0 } else { millis };
            let time = jiff::Timestamp::new(seconds, i32::try_from(millis * 1_000_000).unwrap()).unwrap();
            format!("{time:.digits$}")
        },
    )
}

/// What a known key may have as its value in a good file.
fn good_line() -> impl Strategy<Value = (String, String)> {
    let number = || any::<u64>().prop_map(|number| number.to_string());
    let word = || "[a-zA-Z0-9 .:-]{0,20}[a-z]";
    let key = |key: &'static str| move |value: String| (key.to_owned(), value);
    prop_oneof![
        (1..=i32::MAX as u32).prop_map(|pid| ("PID".to_owned(), pid.to_string())),
        time().prop_map(key("ACQUIRED")),
        word().prop_map(key("HOSTNAME")),
        "[0-9a-f]{1,64}".prop_map(key("TOKEN")),
        "kernel|process|lease".prop_map(key("LIVENESS")),
        word().prop_map(key("BOOT")),
        word().prop_map(key("MACHINE")),
        number().prop_map(key("PIDNS")),
        number().prop_map(key("STARTED")),
        number().prop_map(key("TIMENS")),
        time().prop_map(key("EXPIRES")),
        (0..9_999_999_999u64, 0..1000u32)
            .prop_map(|(seconds, millis)| ("EXPIRES_BOOT".to_owned(), format!("{seconds:010}.{millis:03}"))),
        word().prop_map(key("CLIENT")),
        "(/[a-z \u{e9}]{1,9}){1,4}".prop_map(key("TARGET")),
        word().prop_map(key("COMMAND")),
        // A newer version's.
        ("[A-Z_]{12}", word()),
    ]
}

fn good_lines(ends: Vec<&'static str>) -> impl Strategy<Value = Vec<Line>> {
    let line = (good_line(), prop::sample::select(ends)).prop_map(|((key, value), end)| (key, value, end));
    prop::collection::vec(line, 0..20)
}

/// Bytes that are nearly an info file.
fn nearly_info() -> impl Strategy<Value = Vec<u8>> {
    let huge = prop::sample::select(vec![
        "PID: 2147483647\n",
        "PID: 2147483648\n",
        "PID: 18446744073709551616\n",
        "PID: -1\n",
        "PID: +7\n",
        "PID: 0\n",
        "PID:7\n",
        "pid: 7\n",
        "STARTED: 99999999999999999999999\n",
        "EXPIRES: 999999-01-01T00:00:00Z\n",
        "EXPIRES: -009999-01-02T01:59:59Z\n",
        "EXPIRES: 9999-12-30T22:00:00.999999999Z\n",
        "EXPIRES: 2026-01-25T10:30:00.0009+01:00[Europe/Paris]\n",
        "ACQUIRED: 2016-12-31T23:59:60Z\n",
        "EXPIRES_BOOT: 18446744073709551615.999\n",
        "EXPIRES_BOOT: 18446744073709551616.000\n",
        "EXPIRES_BOOT: +1.+12\n",
        "EXPIRES_BOOT: 1.\u{661}9\n",
        "LIVENESS: Kernel\n",
        "LIVENESS: process\r\r\n",
        "TOKEN: \n",
        "TOKEN: ../../x\n",
        "TARGET: \\x00\\xff\\n\\\\\\x\\xg0\\x1\n",
        "TARGET: \n",
        "CLIENT: \\\\\\x1b[31m\\n\\x\n",
        "COMMAND: a\u{202e}b\u{0}c\u{7}\n",
        "HOSTNAME: \\xff\\xfe\n",
        "HOSTNAME: ",
        ": \n",
        ": : \n",
        "\n\n",
        "\r",
        "\u{0}",
        "\u{feff}",
    ]);
    let good = || good_lines(vec!["\n", "\r\n"]).prop_map(|lines| text_of(&lines));
    let place = any::<prop::sample::Index>;
    prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 0..200),
        3 => (good(), prop::collection::vec(huge, 0..8), place()).prop_map(|(mut text, pieces, at)| {
            let at = at.index(text.len() + 1);
            text.splice(at..at, pieces.concat().into_bytes());
            text
        }),
        3 => (good(), prop::collection::vec((place(), any::<u8>()), 1..6)).prop_map(|(mut text, flips)| {
            for (at, byte) in flips.iter().filter(|_| !text.is_empty()).collect::<Vec<_>>() {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            text
        }),
        1 => (good(), 1..2000usize).prop_map(|(text, times)| text.repeat(times.min(60_000 / (text.len() + 1) + 1))),
        1 => ("CLIENT|TARGET|COMMAND|HOSTNAME|BOOT|PID|X", "[a-z\\\\\u{1}\u{e9}\u{202e}]{1,8}", 1..6000usize, good())
            .prop_map(|(key, part, times, rest)| {
                [format!("{key}: {}\n", part.repeat(times)).into_bytes(), rest].concat()
            }),
    ]
}

#[test]
fn fuzz_info_is_read_and_written_again_as_the_same() {
    let file = tempfile::tempfile().unwrap();
    fuzz(700, nearly_info(), |bytes| {
        let info = Info::parse(&bytes);
        let mut again = Info::parse(info.render().as_bytes());
        prop_assert_eq!(Info::parse(again.render().as_bytes()), again.clone(), "it does not settle");
        // Times are written to a second and to a millisecond, and long labels are cut.
        for (ours, theirs) in [
            (&info.host, &mut again.host),
            (&info.client, &mut again.client),
            (&info.command, &mut again.command),
        ] {
            match ours {
                Some(ours) if ours.len() > 200 => {
                    let kept = theirs.as_deref().and_then(|text| text.strip_suffix('…')).unwrap();
                    prop_assert!(ours.starts_with(kept) && kept.len() > 190, "{kept}");
                }
                _ => prop_assert_eq!(ours, &*theirs),
            }
            theirs.clone_from(ours);
        }
        // Down, and not towards 1970.
        let whole = |time: Option<jiff::Timestamp>, unit: i128| {
            time.map(|time| time.as_nanosecond().div_euclid(unit))
        };
        prop_assert_eq!(whole(info.acquired, 1_000_000_000), whole(again.acquired, 1_000_000_000));
        prop_assert_eq!(whole(info.expires, 1_000_000), whole(again.expires, 1_000_000));
        (again.acquired, again.expires) = (info.acquired, info.expires);
        prop_assert_eq!(&info, &again);

        let read = read_from(&file, &bytes);
        prop_assert_eq!(read, Info::parse(&bytes[..bytes.len().min(MAX_BYTES)]));
        Ok(())
    });
}

fn read_from(file: &File, bytes: &[u8]) -> Info {
    file.set_len(0).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    Info::read(file).unwrap()
}

/// What these lines say, by the page: of each key its last line.
fn said<'l>(lines: &'l [Line], key: &str) -> Option<&'l str> {
    lines.iter().rev().find(|line| line.0 == key).map(|line| line.1.as_str())
}

fn names(info: &Info, lines: &[Line]) -> Result<(), TestCaseError> {
    let text = |key| said(lines, key).map(str::to_owned);
    let number = |key| said(lines, key).map(|value| value.parse::<u64>().unwrap());
    prop_assert_eq!(info.pid.map(u64::from), number("PID"));
    prop_assert_eq!(info.acquired, said(lines, "ACQUIRED").map(|value| value.parse().unwrap()));
    prop_assert_eq!(&info.host, &text("HOSTNAME"));
    prop_assert_eq!(info.token.as_ref().map(ToString::to_string), text("TOKEN"));
    prop_assert_eq!(info.liveness.map(Liveness::name), said(lines, "LIVENESS"));
    prop_assert_eq!(&info.boot, &text("BOOT"));
    prop_assert_eq!(&info.machine, &text("MACHINE"));
    prop_assert_eq!(info.pid_namespace, number("PIDNS"));
    prop_assert_eq!(info.started, number("STARTED"));
    prop_assert_eq!(info.time_namespace, number("TIMENS"));
    prop_assert_eq!(info.expires, said(lines, "EXPIRES").map(|value| value.parse().unwrap()));
    let boot = |end: std::time::Duration| format!("{:010}.{:03}", end.as_secs(), end.subsec_millis());
    prop_assert_eq!(info.expires_boot.map(boot), text("EXPIRES_BOOT"));
    prop_assert_eq!(&info.client, &text("CLIENT"));
    prop_assert_eq!(info.target.as_deref(), said(lines, "TARGET").map(std::path::Path::new));
    prop_assert_eq!(&info.command, &text("COMMAND"));
    Ok(())
}

#[test]
fn fuzz_info_names_the_holder_that_stands_there() {
    let noise = prop::collection::vec((any::<prop::sample::Index>(), noise()), 0..4);
    let cut = prop::option::of(any::<prop::sample::Index>());
    fuzz(700, (good_lines(vec!["\n", "\r\n"]), noise, cut), |(lines, noise, cut)| {
        // Lines of no known key between the others say nothing.
        let mut pieces: Vec<Vec<u8>> = lines.iter().map(|line| text_of(std::slice::from_ref(line))).collect();
        for (at, bytes) in noise {
            let at = at.index(lines.len() + 1).min(lines.len());
            pieces.insert(at, Vec::new());
            pieces[at] = bytes;
        }
        let text = pieces.concat();
        let info = Info::parse(&text);
        names(&info, &lines)?;

        // Cut anywhere: every line that is whole counts, and half of one only if it is the host's.
        let Some(cut) = cut else { return Ok(()) };
        let cut = cut.index(text.len() + 1);
        let mut rest = Info::parse(&text[..cut]);
        let whole = text[..cut].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let mut complete = Info::parse(&text[..whole]);
        if text[whole..cut].starts_with(b"HOSTNAME: ") {
            (rest.host, complete.host) = (None, None);
        }
        prop_assert_eq!(rest, complete);
        Ok(())
    });
}

/// Whole lines of a file that say nothing.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60).prop_map(|mut bytes| {
            // A NUL in front makes it no known key, whatever follows on the line.
            bytes.retain(|&byte| byte != b'\n');
            [b"\0", bytes.as_slice(), b"\n"].concat()
        }),
        good_line().prop_map(|(key, value)| format!(" {key}: {value}\n").into_bytes()),
        good_line().prop_map(
            |(key, value)| format!("{key}:{}\n", value.trim_start().replace(": ", ":")).into_bytes()
        ),
        good_line().prop_map(|(key, value)| [key.as_bytes(), b": \xff", value.as_bytes(), b"\n"].concat()),
        Just(b"\n\r\n".to_vec()),
    ]
}

#[test]
fn fuzz_info_of_an_old_script_is_understood() {
    let script = (1..=i32::MAX as u32, time(), "[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}", any::<bool>());
    fuzz(500, script, |(pid, time, host, newline)| {
        let end = if newline { "\n" } else { "" };
        let info = Info::parse(format!("PID: {pid}\nACQUIRED: {time}\nHOSTNAME: {host}{end}").as_bytes());
        let expected = Info {
            pid: Some(pid),
            acquired: Some(time.parse().unwrap()),
            host: Some(host),
            ..Info::default()
        };
        prop_assert_eq!(info, expected);
        Ok(())
    });
}
