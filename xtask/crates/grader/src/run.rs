//! All submissions, over the processors: one exercise of one student at a time on each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use course::Entry;
use sandbox::user::User;

use crate::exercise::{Bench, missing, refused, ungraded};
use crate::import::{Imported, Sources, Student, import};
use crate::keys::Made;
use crate::model::{ExerciseGrade, Grade, Verdict};
use crate::stop;
use crate::store::Store;

/// What is told while a run goes on.
pub trait Watcher: Sync {
    /// An exercise of one student is graded; `was_known` without doing it again.
    fn exercise(&self, student: &str, grade: &ExerciseGrade, was_known: bool);
    /// A submission is graded and written.
    fn submission(&self, grade: &Grade);
}

/// A submission that is being graded.
struct Current {
    student: Student,
    imported: Imported,
    grades: Mutex<Vec<Option<ExerciseGrade>>>,
}

/// One exercise of it.
struct Job {
    current: Arc<Current>,
    /// The exercise's place in the course's order.
    index: usize,
}

struct Queue<'a> {
    students: std::slice::Iter<'a, Student>,
    jobs: VecDeque<Job>,
    /// The first error: no result can be written any more.
    failed: Option<anyhow::Error>,
}

/// Grades all of them and writes each result when it is there.
///
/// # Errors
/// When a result cannot be written. All before it are kept.
pub fn run(
    bench: &Bench<'_>,
    store: &Store,
    students: &[Student],
    users: &[User],
    watcher: &dyn Watcher,
) -> Result<()> {
    let queue = Queue { students: students.iter(), jobs: VecDeque::new(), failed: None };
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        for user in users {
            scope.spawn(|| work(bench, store, *user, &queue, watcher));
        }
    });
    let queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = queue.failed {
        return Err(error);
    }
    match stop::asked() {
        Some(signal) => {
            bail!("stopped by {signal}: what is finished is kept, the same command goes on")
        }
        None => Ok(()),
    }
}

fn work(
    bench: &Bench<'_>,
    store: &Store,
    user: User,
    queue: &Mutex<Queue<'_>>,
    watcher: &dyn Watcher,
) {
    launcher::be_batch_work();
    while let Some(job) = next(bench, queue) {
        if let Err(error) = one(bench, store, user, &job, watcher) {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.failed.get_or_insert(error);
        }
    }
}

/// The next exercise to be graded. A submission is read only when its turn has come, so that a
/// thousand of them take no more memory than ten.
fn next(bench: &Bench<'_>, queue: &Mutex<Queue<'_>>) -> Option<Job> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if queue.failed.is_some() || stop::asked().is_some() {
            return None;
        }
        if let Some(job) = queue.jobs.pop_front() {
            return Some(job);
        }
        let student = queue.students.next()?.clone();
        let imported = read(bench, &student);
        let count = bench.course.exercises().count();
        let grades = Mutex::new(vec![None; count]);
        let current = Arc::new(Current { student, imported, grades });
        queue.jobs.extend((0..count).map(|index| Job { current: Arc::clone(&current), index }));
    }
}

/// One that cannot be read is ungraded, and does not stop the others.
fn read(bench: &Bench<'_>, student: &Student) -> Imported {
    if student.others.is_empty() {
        return import(bench.course, student)
            .unwrap_or_else(|error| Imported::not_read(bench.course, &format!("{error:#}")));
    }
    let why = format!(
        "there are {} submissions by this name: leave only the one that counts",
        student.others.len() + 1
    );
    Imported::not_read(bench.course, &why)
}

fn one(
    bench: &Bench<'_>,
    store: &Store,
    user: User,
    job: &Job,
    watcher: &dyn Watcher,
) -> Result<()> {
    let Current { student, imported, grades } = &*job.current;
    let entry = bench.course.exercises().nth(job.index).context("an exercise of the course")?;
    let of = |why: &BTreeMap<String, String>| why.get(&entry.id).cloned();
    let (grade, was_known) = if let Some(sources) = imported.exercises.get(&entry.id) {
        match graded(bench, store, user, entry, sources)? {
            Some(graded) => graded,
            None => return Ok(()),
        }
    } else if let Some(why) = of(&imported.unread) {
        (ungraded(entry, why), false)
    } else if let Some(why) = of(&imported.unusable) {
        (refused(entry, &why), false)
    } else {
        (missing(entry), false)
    };
    watcher.exercise(&student.name, &grade, was_known);
    let mut grades = grades.lock().unwrap_or_else(PoisonError::into_inner);
    grades[job.index] = Some(grade);
    if grades.iter().any(Option::is_none) {
        return Ok(());
    }
    let grade = Grade {
        student: student.name.clone(),
        exercises: grades.iter_mut().filter_map(Option::take).collect(),
        refused: imported.refused.clone(),
        remarks: imported.remarks.clone(),
    };
    store.keep(&grade)?;
    watcher.submission(&grade);
    Ok(())
}

/// The grade of these sources: the one that is known, or a new one; none where the run is stopped
/// meanwhile. An error of ours is tried again in every run.
fn graded(
    bench: &Bench<'_>,
    store: &Store,
    user: User,
    entry: &Entry,
    sources: &Sources,
) -> Result<Option<(ExerciseGrade, bool)>> {
    let Some(tests) = bench.tests.get(&entry.id) else {
        return Ok(Some((ungraded(entry, "there are no tests".to_owned()), false)));
    };
    let made: Made = bench.common.with(&tests.digest, sources);
    let key = format!("{}-{}", entry.id, made.key());
    if let Some(grade) = store.cached(&key) {
        return Ok(Some((grade, true)));
    }
    let grade = bench.grade(user, entry, sources);
    // Whatever was ended in the middle may look like a program that failed.
    if stop::asked().is_some() {
        return Ok(None);
    }
    if grade.verdict != Verdict::Ungraded {
        store.cache_grade(&key, &grade)?;
    }
    Ok(Some((grade, false)))
}
