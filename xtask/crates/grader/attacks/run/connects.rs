//! Talks with somebody outside.

use std::net::TcpStream;

fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0_u16);
    match TcpStream::connect(("127.0.0.1", port)) {
        Ok(_) => println!("BROKEN: connected to port {port} of the machine"),
        Err(error) => println!("{error}"),
    }
}
