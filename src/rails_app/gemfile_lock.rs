//! The Rails version that an app runs on: what Bundler locked.

/// The gems of which Rails consists that hold cookies and configuration, the whole first.
const GEMS: &[&str] = &["rails", "railties", "actionpack"];

/// The version of Rails in a `Gemfile.lock`.
pub(super) fn rails_version(lock: &str) -> Option<&str> {
    // A gem stands four spaces in, what it depends on six.
    let gems = lock.lines().filter_map(|line| {
        let (name, version) = line.strip_prefix("    ")?.split_once(" (")?;
        Some((name, version.strip_suffix(')')?))
    });
    GEMS.iter().find_map(|wanted| {
        gems.clone()
            .find_map(|(name, version)| (name == *wanted).then_some(version))
    })
}
