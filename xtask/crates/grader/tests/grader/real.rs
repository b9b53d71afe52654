//! The course's own programs, and classes made of them. That takes minutes: `PIPEWORKS_CLASSES=1`
//! tries all of it.
