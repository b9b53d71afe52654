//! The keys of a TOML table: one that is missing, unknown or of the wrong type is an error that
//! names it.
//!
//! By hand and not derived: serde's derive costs a first build more time than all of this crate,
//! and the first build is what a student waits for.

use anyhow::{Context, bail};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table that has no other keys than those it may have.
pub struct Keys<'a> {
    table: &'a DeTable<'a>,
    /// Stands before a key's name where it is named: `tests[1].`.
    path: String,
}

impl<'a> Keys<'a> {
    /// The table `value`, which is called `path` and may have the keys `known`.
    pub fn of(value: &'a DeValue<'a>, path: &str, known: &[&str]) -> anyhow::Result<Keys<'a>> {
        let Some(table) = value.as_table() else { return Err(wrong_type(path, "a table", value)) };
        let path = if path.is_empty() { String::new() } else { format!("{path}.") };
        for key in table.keys().map(Spanned::get_ref) {
            if !known.contains(&key.as_ref()) {
                bail!("there is no key `{path}{key}`; there are {}", known.join(", "));
            }
        }
        Ok(Keys { table, path })
    }

    fn value(&self, key: &str) -> Option<&'a DeValue<'a>> {
        self.table.get(key).map(Spanned::get_ref)
    }

    /// What the key is called in an error.
    pub fn name(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    fn required(&self, key: &str) -> anyhow::Result<&'a DeValue<'a>> {
        self.value(key).with_context(|| format!("the key `{}` is missing", self.name(key)))
    }

    pub fn text(&self, key: &str) -> anyhow::Result<String> {
        text(self.required(key)?, &self.name(key))
    }

    pub fn optional_text(&self, key: &str) -> anyhow::Result<Option<String>> {
        self.value(key).map(|value| text(value, &self.name(key))).transpose()
    }

    /// A number above 0, whole or not.
    pub fn positive(&self, key: &str) -> anyhow::Result<f64> {
        let (value, name) = (self.required(key)?, self.name(key));
        let written = match value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(wrong_type(&name, "a decimal number", value)),
        };
        let number = written.parse().ok().filter(|number: &f64| number.is_finite());
        number
            .filter(|&number| number > 0.0)
            .with_context(|| format!("the key `{name}` is {written}: it takes a number above 0"))
    }

    /// An array of strings; an empty one where there is none.
    pub fn texts(&self, key: &str) -> anyhow::Result<Vec<String>> {
        self.array(key, "an array of strings")?.map(|(name, value)| text(value, &name)).collect()
    }

    /// An array of tables, each with the keys `known`; an empty one where there is none.
    pub fn tables(&self, key: &str, known: &[&str]) -> anyhow::Result<Vec<Keys<'a>>> {
        let array = self.array(key, "an array of tables")?;
        array.map(|(name, value)| Keys::of(value, &name, known)).collect()
    }

    /// A table with the keys `known`.
    pub fn table(&self, key: &str, known: &[&str]) -> anyhow::Result<Keys<'a>> {
        Keys::of(self.required(key)?, &self.name(key), known)
    }

    /// A table of tables under names of their own, each with the keys `known`.
    pub fn named_tables(
        &self,
        key: &str,
        known: &[&str],
    ) -> anyhow::Result<Vec<(String, Keys<'a>)>> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let Some(table) = value.as_table() else {
            return Err(wrong_type(&self.name(key), "a table", value));
        };
        let mut tables = Vec::new();
        for (name, value) in table.iter() {
            let path = self.name(&format!("{key}.{}", name.get_ref()));
            tables.push((name.get_ref().to_string(), Keys::of(value.get_ref(), &path, known)?));
        }
        Ok(tables)
    }

    /// The elements of an array, each with its name.
    fn array(
        &self,
        key: &str,
        wanted: &str,
    ) -> anyhow::Result<impl Iterator<Item = (String, &'a DeValue<'a>)>> {
        let name = self.name(key);
        let array = match self.value(key) {
            None => None,
            Some(DeValue::Array(array)) => Some(array),
            Some(other) => return Err(wrong_type(&name, wanted, other)),
        };
        let values = array.into_iter().flat_map(|array| array.iter().map(Spanned::get_ref));
        Ok(values.enumerate().map(move |(index, value)| (format!("{name}[{index}]"), value)))
    }
}

fn text(value: &DeValue<'_>, name: &str) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "a string", value))
}

fn wrong_type(name: &str, wanted: &str, value: &DeValue<'_>) -> anyhow::Error {
    anyhow::anyhow!("the key `{name}` takes {wanted}; it is of the type {}", value.type_str())
}
