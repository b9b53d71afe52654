//! Two threads take the same two locks, in the same order.

use std::sync::Mutex;
use std::thread;

fn main() {
    let (cup, spoon) = (Mutex::new("cup"), Mutex::new("spoon"));
    let take = |first: &Mutex<&str>, second: &Mutex<&str>| {
        let one = first.lock().expect("nobody has panicked");
        let other = second.lock().expect("nobody has panicked");
        println!("{one} and {other}");
    };
    thread::scope(|scope| {
        scope.spawn(|| take(&cup, &spoon));
        scope.spawn(|| take(&cup, &spoon));
    });
}
