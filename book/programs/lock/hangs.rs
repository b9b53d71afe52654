//! Two threads take the same two locks, in opposite order.

use std::sync::{Barrier, Mutex};
use std::thread;

fn main() {
    let (cup, spoon) = (Mutex::new("cup"), Mutex::new("spoon"));
    // Nobody goes on before both are here: so it hangs every time.
    let both_have_one = Barrier::new(2);
    let take = |first: &Mutex<&str>, second: &Mutex<&str>| {
        let one = first.lock().expect("nobody has panicked");
        both_have_one.wait();
        let other = second.lock().expect("nobody has panicked");
        println!("{one} and {other}");
    };
    thread::scope(|scope| {
        scope.spawn(|| take(&cup, &spoon));
        scope.spawn(|| take(&spoon, &cup));
    });
}
