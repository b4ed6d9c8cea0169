//! Finds the Rails version that an app runs on, as locked by Bundler.

/// The gems with Rails' cookies and configuration, starting with Rails as a whole.
const GEMS: &[&str] = &["rails", "railties", "actionpack"];

/// Returns the Rails version in a `Gemfile.lock`.
pub(super) fn rails_version(lock: &str) -> Option<&str> {
    // A gem is indented by four spaces, its dependencies by six.
    let gems = lock.lines().filter_map(|line| {
        let (name, version) = line.strip_prefix("    ")?.split_once(" (")?;
        Some((name, version.strip_suffix(')')?))
    });
    GEMS.iter().find_map(|wanted| {
        gems.clone()
            .find_map(|(name, version)| (name == *wanted).then_some(version))
    })
}
