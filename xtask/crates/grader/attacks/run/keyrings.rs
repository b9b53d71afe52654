//! Puts a key where the kernel keeps those of its user.

fn main() {
    const OF_THE_PROCESS: i32 = -2;
    let text = b"attack";
    // SAFETY:
    // obligation: add_key reads two strings that end with a zero byte, and as many bytes of payload
    //   as it is told (add_key(2)).
    // here: literals, and the payload's own length.
    // broken by: a larger length.
    let key = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            c"attack".as_ptr(),
            text.as_ptr(),
            text.len(),
            OF_THE_PROCESS,
        )
    };
    if key >= 0 {
        println!("BROKEN: it has a key");
    } else {
        println!("REFUSED: {}", std::io::Error::last_os_error());
    }
}
