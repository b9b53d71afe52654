//! The terminal: taken over, and given back as it was, whatever happens.
//!
//! Keys come one by one and unseen, Ctrl-C and Ctrl-Z still make signals, and the screen is the
//! alternate one, so that what stood there before comes back. It is given back when the value
//! goes, when it is suspended, and before the message of a panic, which would otherwise be printed
//! on a screen that vanishes.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::{panic, thread};

use anyhow::Context;
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// Alternate screen, cursor hidden.
const TAKE: &str = "\x1b[?1049h\x1b[?25l";
/// No colour, cursor shown, main screen.
const GIVE_BACK: &str = "\x1b[0m\x1b[?25h\x1b[?1049l";

/// The modes before it was taken, while it is taken. Of the process, as the terminal is.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A terminal that is taken over, until this goes.
pub struct Terminal(());

impl Terminal {
    /// Whether there is one, for keys and for a screen, that understands sequences.
    #[must_use]
    pub fn is_there() -> bool {
        let is_dumb = std::env::var("TERM").is_ok_and(|name| name == "dumb");
        !is_dumb && io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Takes it over. A panic of this thread gives it back before its message is printed.
    ///
    /// # Errors
    /// When its modes cannot be read or set.
    pub fn take() -> anyhow::Result<Terminal> {
        // A part of it may have been done.
        take().inspect_err(|_| give_back())?;
        let (hook, this) = (panic::take_hook(), thread::current().id());
        panic::set_hook(Box::new(move |info| {
            // Another thread's panic does not end the process.
            if thread::current().id() == this {
                give_back();
            }
            hook(info);
        }));
        Ok(Terminal(()))
    }

    /// Gives it back, for as long as somebody else has it.
    pub fn suspend(&self) {
        give_back();
    }

    /// Takes it over again.
    ///
    /// # Errors
    /// As [`Terminal::take`].
    pub fn resume(&self) -> anyhow::Result<()> {
        give_back();
        take()
    }

    /// Rows and columns; 24 and 80 where it does not know.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY:
        // obligation: TIOCGWINSZ writes a winsize where its argument points (ioctl_tty(2)).
        // here: `size` is one, and lives until the call has returned.
        // broken by: another request, or an argument of another type.
        let done = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
        match (done, size.ws_row, size.ws_col) {
            (0, 1.., 1..) => (size.ws_row.into(), size.ws_col.into()),
            _ => (24, 80),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> anyhow::Result<()> {
    let before = tcgetattr(io::stdin()).context("read the terminal's modes")?;
    let mut modes = before.clone();
    modes.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
    // Ctrl-S would stop the screen, and all of this with it.
    modes.input_flags.remove(InputFlags::IXON);
    // Noted first: from here on there is something to give back.
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    tcsetattr(io::stdin(), SetArg::TCSANOW, &modes).context("set the terminal's modes")?;
    write(TAKE)
}

fn give_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // It may have been hung up; there is nobody to tell.
        let _ = write(GIVE_BACK);
        // Now: waiting for a terminal that takes no more bytes could take for ever.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &before);
    }
}

fn write(sequences: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(sequences.as_bytes()).and_then(|()| out.flush()).context("write to the terminal")
}
