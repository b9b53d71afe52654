use crate::{args::Tidy, status::Status};
pub fn tidy(_args: &Tidy) -> anyhow::Result<Status> {
    Ok(Status::Failed)
}
