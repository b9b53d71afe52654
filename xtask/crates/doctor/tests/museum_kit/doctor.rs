//! The doctor, asked by its verb, and what it answers.
