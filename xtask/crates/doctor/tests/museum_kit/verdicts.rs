//! What the doctor says of each program, asked by root and by an ordinary user.

use fixture::skip::skipped;

use crate::museum_kit::doctor;
use crate::museum_kit::exhibit;
use crate::museum_kit::machine::{User, we_are_root};
use crate::museum_kit::start::Setting;

#[track_caller]
pub fn check(name: &str, user: User) {
    if user == User::Own && !we_are_root() {
        skipped("needs root: what the doctor says to root");
        return;
    }
    let exhibit = exhibit::named(name);
    let verdicts = if user.sees_all() { &exhibit.verdicts } else { &exhibit.ordinary };
    let answer = doctor::run(Setting::new(user, exhibit.shared), &exhibit, &[], &[]);
    if exhibit.is_missing(answer.status) {
        return;
    }
    let wrong = answer.wrong(&exhibit, verdicts);
    assert!(wrong.is_empty(), "{name}:\n  {}\n{:#}", wrong.join("\n  "), answer.json);
}
