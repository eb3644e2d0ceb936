//! What a command answers with, where it was called.

use std::{
    fmt,
    io::{ErrorKind, Write as _},
    process,
};

/// `println!`, for a reader that may have seen enough.
macro_rules! say {
    () => { $crate::cli::say::line(format_args!("")) };
    ($($text:tt)*) => { $crate::cli::say::line(format_args!($($text)*)) };
}

pub(crate) fn line(text: fmt::Arguments<'_>) {
    if let Err(error) = writeln!(std::io::stdout(), "{text}") {
        // `gateway config show | head` is no fault of anybody's; a full disk is one.
        process::exit(if error.kind() == ErrorKind::BrokenPipe { 0 } else { 1 });
    }
}
