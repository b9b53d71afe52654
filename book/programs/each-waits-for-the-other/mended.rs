//! A client and a server, joined by two pipes. The client speaks first.

use std::io;
use std::process::Command;

fn main() -> io::Result<()> {
    let server = "read -r word; echo \"$word to you too\"";
    let client =
        "echo hello; read -r answer; echo \"the server says: $answer\" >&2";

    let (server_hears, client_says) = io::pipe()?;
    let (client_hears, server_says) = io::pipe()?;
    let mut server = Command::new("sh")
        .args(["-c", server])
        .stdin(server_hears)
        .stdout(server_says)
        .spawn()?;
    let mut client = Command::new("sh")
        .args(["-c", client])
        .stdin(client_hears)
        .stdout(client_says)
        .spawn()?;

    client.wait()?;
    server.wait()?;
    Ok(())
}
