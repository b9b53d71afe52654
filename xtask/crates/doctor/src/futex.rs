//! What a thread in `futex` waits for: another's end, or a lock.

use crate::calls::Blocked;
use crate::memory::{Mapping, mapping_at, u32_at};
use crate::scene::{Cause, Wait, Want, Why};
use crate::tasks::Task;
use crate::waits::Names;

/// The operations of futex(2) that wait, without their flags.
const FUTEX_WAIT: i32 = 0;
const FUTEX_WAIT_BITSET: i32 = 9;
const FUTEX_COMMAND_MASK: i32 = 0x7f;
const FUTEX_PRIVATE_FLAG: i32 = 128;

/// The kernel clears a thread's number in memory when the thread has ended, and wakes who waits for
/// that word: so a word that is the number of a thread that lives is a join. (Locks that hold their
/// owner's number look the same, and end with the same thread.) Everything else is for whoever has
/// the lock, or signals the condition: another thread of the process, or any process that shares
/// the memory.
pub fn wait(names: &Names, task: &Task, blocked: &Blocked) -> Wait {
    let operation = blocked.int(1);
    let is_private = operation & FUTEX_PRIVATE_FLAG != 0;
    if is_private {
        return Wait::Siblings;
    }
    let address = blocked.argument(0);
    let waits = [FUTEX_WAIT, FUTEX_WAIT_BITSET].contains(&(operation & FUTEX_COMMAND_MASK));
    let expected = blocked.int(2).cast_unsigned();
    if waits && u32_at(task.tid, address) == Some(expected) {
        let number = expected.cast_signed();
        let is_it = |other: &&Task| {
            other.pid == task.pid && other.tid != task.tid && other.numbers.last() == Some(&number)
        };
        let joined = names.tasks.iter().find(is_it);
        if let Some(&thread) = joined.and_then(|other| names.threads.get(&other.tid)) {
            return Wait::Join(thread);
        }
    }
    match mapping_at(task.tid, address) {
        Some(Mapping::Private) => Wait::Siblings,
        Some(Mapping::Shared) if names.is_launched => {
            let what = "a lock in shared memory".to_owned();
            Wait::Any(vec![Want::Anyone { fd: -1, what }])
        }
        Some(Mapping::Shared | Mapping::File(_)) => {
            let words = "waits in futex for a lock in shared memory, which others may have too";
            Wait::Moves(Why { cause: Cause::Outside, words: words.to_owned() })
        }
        None => {
            let words = "waits in futex for a lock in memory that cannot be seen";
            Wait::Moves(Why { cause: Cause::Hidden, words: words.to_owned() })
        }
    }
}
