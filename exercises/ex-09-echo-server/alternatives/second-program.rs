//! Right, and built without fork in sight: the program starts itself once more, under another name,
//! as the server, with both pipes made by std.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail, ensure};

/// Under this name the program is the server.
const SERVER: &str = "echo-server";
const MAX_LENGTH_BYTES: u32 = 1 << 20;

fn main() -> anyhow::Result<()> {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    if words.first().is_some_and(|name| name == SERVER) {
        return serve();
    }
    let messages = words.split_off(1);
    let own = std::env::current_exe().context("find this program's file")?;
    let mut command = Command::new(own);
    command.arg0(SERVER).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = command.spawn().context("start the server")?;
    let outcome = talk(&mut server, &messages);
    let status = server.wait().context("wait for the server")?;
    outcome?;
    ensure!(status.success(), "the server: {status}");
    Ok(())
}

fn serve() -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut out = io::stdout().lock();
    while let Some(mut body) = read_body(&mut input)? {
        body[1..].make_ascii_uppercase();
        write_frame(&mut out, &body)?;
    }
    Ok(())
}

/// Both pipes are closed here in the end, whatever happens.
fn talk(server: &mut Child, messages: &[OsString]) -> anyhow::Result<()> {
    let (Some(mut requests), Some(mut replies)) = (server.stdin.take(), server.stdout.take())
    else {
        bail!("the server has no pipes");
    };
    let mut out = io::stdout().lock();
    for message in messages {
        let body = [b"\x01", message.as_bytes()].concat();
        let reply = ask(&mut requests, &mut replies, &body)?;
        out.write_all(&reply[1..]).and_then(|()| out.write_all(b"\n")).context("print a reply")?;
    }
    if messages.is_empty() {
        let mut input = io::stdin().lock();
        while let Some(body) = read_body(&mut input)? {
            let reply = ask(&mut requests, &mut replies, &body)?;
            write_frame(&mut out, &reply).context("write a reply")?;
        }
    }
    Ok(())
}

fn ask(
    requests: &mut ChildStdin,
    replies: &mut ChildStdout,
    body: &[u8],
) -> anyhow::Result<Vec<u8>> {
    write_frame(requests, body).context("send the server a request")?;
    let reply = read_body(replies).context("hear the server")?;
    reply.context("the server is gone")
}

fn write_frame(out: &mut impl Write, body: &[u8]) -> anyhow::Result<()> {
    let length = u32::try_from(body.len()).context("the length of a frame")?;
    out.write_all(&[&length.to_be_bytes(), body].concat())?;
    out.flush()?;
    Ok(())
}

/// Type and payload of the next frame.
fn read_body(input: &mut impl Read) -> anyhow::Result<Option<Vec<u8>>> {
    let mut header = [0; 4];
    for place in 0..4 {
        match input.read_exact(&mut header[place..=place]) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && place == 0 => {
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                bail!("the stream ends in a header, after {place} of 4 bytes")
            }
            outcome => outcome.context("read a header")?,
        }
    }
    let length = u32::from_be_bytes(header);
    ensure!(length != 0, "a length of 0, and the type alone makes it 1");
    ensure!(
        length <= MAX_LENGTH_BYTES,
        "a length of {length}, and at most {MAX_LENGTH_BYTES} is allowed"
    );
    let mut body = Vec::with_capacity(length as usize);
    let count = input.take(length.into()).read_to_end(&mut body).context("read a body")?;
    ensure!(count == length as usize, "the stream ends in a body, after {count} of {length} bytes");
    Ok(Some(body))
}
