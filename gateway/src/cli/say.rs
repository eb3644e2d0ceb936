//! What a command answers with, where it was called.

use std::{
    fmt,
    io::{ErrorKind, Write as _},
    process,
};

/// `println!`, for a reader that may have seen enough.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::say::line(format_args!($($text)*)) };
}

pub(crate) fn line(text: fmt::Arguments<'_>) {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => {}
        // `gateway config show | head` is no fault of anybody's.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "gateway: the answer could not be written: {error}");
            process::exit(1)
        }
    }
}
