//! Reads what `strace -f -yy` writes: lines of text back into system calls with their beginning and their end.
//!
//! Apart from the question that is asked of them (`order.rs`). Threads interleave, so a call may stand on two lines,
//! `<unfinished ...>` and `<... NAME resumed>`. The number of a line tells time: a call's first line is written
//! before the system carries the call out, and its last line after that.

use std::collections::HashMap;

/// One system call on a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Such as `pwrite64`.
    pub(super) name: String,
    /// What the descriptor is: a path, or `TCP:[127.0.0.1:8080->127.0.0.1:40000]`.
    pub(super) target: String,
    /// The bytes that were handed over, of all buffers.
    pub(super) data: Vec<u8>,
    /// The line on which it began.
    pub(super) began: usize,
    /// The line on which it ended; none for a call that the trace does not see the end of.
    pub(super) ended: Option<usize>,
    /// What it returned; none as long as it has not.
    pub(super) returned: Option<i64>,
}

impl Call {
    /// Whether it ended without an error.
    pub(super) fn succeeded(&self) -> bool {
        self.returned.is_some_and(|returned| returned >= 0)
    }
}

/// Puts the lines of a trace together.
#[derive(Default)]
pub(super) struct Reader {
    line: usize,
    /// By thread: a thread is in one call at a time.
    unfinished: HashMap<u32, Call>,
}

impl Reader {
    /// Reads the next line; gives the call that ends on it.
    pub(super) fn read(&mut self, line: &str) -> Option<Call> {
        self.line += 1;
        let (thread, rest) = line.split_once(' ')?;
        let thread: u32 = thread.parse().ok()?;
        let rest = rest.trim_start();
        if rest.starts_with("<... ") {
            let mut call = self.unfinished.remove(&thread)?;
            call.ended = Some(self.line);
            call.returned = returned(rest);
            return Some(call);
        }
        let mut call = begun(rest, self.line)?;
        if rest.ends_with("<unfinished ...>") {
            self.unfinished.insert(thread, call);
            return None;
        }
        call.ended = Some(self.line);
        call.returned = returned(rest);
        Some(call)
    }

    /// The calls that never ended, when there is no line left.
    pub(super) fn rest(self) -> impl Iterator<Item = Call> {
        self.unfinished.into_values()
    }
}

/// Name, descriptor and bytes of a call as its line begins; none for lines that are no call on a descriptor.
fn begun(text: &str, line: usize) -> Option<Call> {
    let (name, arguments) = text.split_once('(')?;
    let is_name =
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let (descriptor, target) = arguments.split_once('<')?;
    if !is_name || descriptor.parse::<u32>().is_err() {
        return None;
    }
    let (target, rest) = split_target(target)?;
    let (name, target) = (name.to_owned(), target.to_owned());
    Some(Call { name, target, data: quoted(rest), began: line, ended: None, returned: None })
}

/// A descriptor's target ends at the `>` after which no name goes on: the one in `->` is inside.
fn split_target(text: &str) -> Option<(&str, &str)> {
    let end = text.match_indices('>').map(|(at, _)| at).find(|at| {
        let next = text.get(at + 1..).and_then(|after| after.chars().next());
        next.is_none_or(|letter| matches!(letter, ',' | ')' | ' '))
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The bytes of every quoted text in the arguments, one after the other.
fn quoted(text: &str) -> Vec<u8> {
    let mut data = Vec::new();
    let mut bytes = text.bytes().peekable();
    let mut inside = false;
    while let Some(byte) = bytes.next() {
        match (inside, byte) {
            (_, b'"') => inside = !inside,
            (true, b'\\') => data.extend(escaped(&mut bytes)),
            (true, byte) => data.push(byte),
            (false, _) => {}
        }
    }
    data
}

/// The byte that an escape stands for: `\n`, `\"`, or up to three octal digits.
fn escaped(bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>) -> Option<u8> {
    Some(match bytes.next()? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'v' => 0x0b,
        b'f' => 0x0c,
        first @ b'0'..=b'7' => {
            let mut value = u32::from(first - b'0');
            for _ in 0..2 {
                let Some(digit) = bytes.next_if(|byte| (b'0'..=b'7').contains(byte)) else { break };
                value = value * 8 + u32::from(digit - b'0');
            }
            u8::try_from(value).ok()?
        }
        other => other,
    })
}

/// The number after the last ` = `.
fn returned(text: &str) -> Option<i64> {
    text.rsplit_once(" = ")?.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every call of a trace, in the order of their ends.
    fn read(text: &str) -> Vec<Call> {
        let mut reader = Reader::default();
        let mut calls: Vec<Call> = text.lines().filter_map(|line| reader.read(line)).collect();
        calls.extend(reader.rest());
        calls
    }

    #[test]
    fn call_on_one_line_gives_target_bytes_and_return() {
        let calls = read(r#"71 pwrite64(4</d/a.sqlite-wal>, "A\0\0012\"\n\377)= 9", 12, 4152) = 12"#);
        let [call] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!((call.name.as_str(), call.target.as_str()), ("pwrite64", "/d/a.sqlite-wal"));
        assert_eq!(call.data, b"A\0\x012\"\n\xff)= 9");
        assert_eq!((call.began, call.ended, call.returned), (1, Some(1), Some(12)));
    }

    #[test]
    fn call_on_two_lines_keeps_where_it_began_and_ended() {
        let calls = read(concat!(
            "71 fdatasync(4</d/a-wal> <unfinished ...>\n",
            "72 sendto(9<TCP:[127.0.0.1:80->127.0.0.1:81]>, \"x\", 1, MSG_NOSIGNAL, NULL, 0 <unfinished ...>\n",
            "71 <... fdatasync resumed>)              = 0\n",
            "72 <... sendto resumed>)  = 1\n",
        ));
        let places: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.began, call.ended)).collect();
        assert_eq!(places, [("fdatasync", 1, Some(3)), ("sendto", 2, Some(4))]);
        assert_eq!(calls[1].target, "TCP:[127.0.0.1:80->127.0.0.1:81]");
        assert!(calls.iter().all(Call::succeeded));
    }

    #[test]
    fn several_buffers_are_read_as_one() {
        let calls = read(
            r#"7 writev(9<TCP:[1->2]>, [{iov_base="HTTP/1.1 202", iov_len=12}, {iov_base="{\"a\":1}", iov_len=7}], 2) = 19"#,
        );
        assert_eq!(calls[0].data, b"HTTP/1.1 202{\"a\":1}");
    }

    #[test]
    fn failed_and_unfinished_calls_did_not_succeed() {
        let calls = read(concat!(
            "7 fdatasync(4</d/a-wal>) = -1 EIO (Input/output error)\n",
            "7 fdatasync(4</d/a-wal> <unfinished ...>\n",
            "7 +++ killed by SIGKILL +++\n",
        ));
        assert_eq!(calls.iter().map(|call| call.returned).collect::<Vec<_>>(), [Some(-1), None]);
        assert!(!calls.iter().any(Call::succeeded));
    }

    #[test]
    fn lines_that_are_no_call_on_a_descriptor_are_passed_over() {
        assert_eq!(read("7 --- SIGCHLD {si_signo=SIGCHLD} ---\n7 exit_group(0) = ?\n\nnoise\n"), []);
    }
}
