//! Welch's t-test, with dudect's crops ("Dude, is my code constant time?", Reparaz, Balasch and
//! Verbauwhede, 2017).
//!
//! Times have a long tail to the right (interrupts, other processes), which hides a small
//! difference. So the test is repeated without the slowest times, cropped at different percentiles,
//! and the largest |t| counts.

/// A time in nanoseconds, and its class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) second_class: bool,
    pub(crate) nanoseconds: u32,
}

/// The number of crops (`NUMBER_PERCENTILES`). All times together are one more test.
const CROPS: u32 = 100;

/// The fewest times of a class that give a result (`ENOUGH_MEASUREMENTS`).
const ENOUGH: f64 = 10_000.0;

/// Mean and variance of the times of a class, updated at each time (Welford).
#[derive(Clone, Copy, Default)]
struct Class {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Class {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    /// Returns the variance of the mean.
    fn error(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Returns the statistic t of two classes of times, of the times below a limit; `None` if they are
/// too few.
pub(crate) fn t(times: &[Time], limit: u32, enough: f64) -> Option<f64> {
    let mut classes = [Class::default(); 2];
    for time in times.iter().filter(|time| time.nanoseconds < limit) {
        classes[usize::from(time.second_class)].add(f64::from(time.nanoseconds));
    }
    let [first, second] = classes;
    if first.count.min(second.count) < enough {
        return None;
    }
    let error = first.error() + second.error();
    // Times that never differ are equal in both classes, or could not be further apart.
    match (first.mean - second.mean, error) {
        (0.0, _) => Some(0.0),
        (difference, error) => Some(difference / error.sqrt()),
    }
}

/// |t| of all times, and |t| below the percentile of each crop, the tightest first.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) uncropped: f64,
    pub(crate) crops: Vec<f64>,
}

impl Report {
    /// Returns the largest |t|, which is the result.
    pub(crate) fn maximum(&self) -> f64 {
        self.crops.iter().copied().fold(self.uncropped, f64::max)
    }
}

/// Makes all tests; returns `None` if there are too few times.
pub(crate) fn report(times: &[Time]) -> Option<Report> {
    let mut sorted: Vec<u32> = times.iter().map(|time| time.nanoseconds).collect();
    sorted.sort_unstable();
    let mut crops: Vec<f64> = limits(&sorted)
        .filter_map(|limit| t(times, limit, ENOUGH))
        .map(f64::abs)
        .collect();
    crops.shrink_to_fit();
    Some(Report {
        uncropped: t(times, u32::MAX, ENOUGH)?.abs(),
        crops,
    })
}

/// Returns the times at dudect's percentiles, 1 - 0.5^(10 (i + 1) / 100), of sorted times.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a percentile of a few million times"
)]
fn limits(sorted: &[u32]) -> impl Iterator<Item = u32> {
    (0..CROPS).filter_map(|crop| {
        let share = 1.0 - 0.5_f64.powf(10.0 * f64::from(crop + 1) / f64::from(CROPS));
        sorted.get((sorted.len() as f64 * share) as usize).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(first: &[u32], second: &[u32]) -> Vec<Time> {
        let class = |second_class, times: &[u32]| {
            let time = |nanoseconds: &u32| Time {
                second_class,
                nanoseconds: *nanoseconds,
            };
            times.iter().map(time).collect::<Vec<_>>()
        };
        [class(false, first), class(true, second)].concat()
    }

    #[test]
    fn t_is_welchs() {
        // Means 4 and 8, variances 4 and 16, of 3 and 4 times: (4 - 8) / sqrt(4/3 + 16/4).
        let times = times(&[2, 4, 6], &[4, 4, 12, 12]);
        let variance = 64.0 / 3.0; // the second's: (16 + 16 + 16 + 16) / 3
        let expected = -4.0 / (4.0_f64 / 3.0 + variance / 4.0).sqrt();
        let t = t(&times, u32::MAX, 2.0).unwrap();
        assert!((t - expected).abs() < 1e-12, "{t}, not {expected}");
    }

    #[test]
    fn what_is_cropped_does_not_count() {
        let times = times(&[2, 4, 6, 1_000_000], &[2, 4, 6, 100]);
        assert_eq!(t(&times, 100, 2.0), Some(0.0));
        assert!(t(&times, u32::MAX, 2.0).unwrap() > 0.9);
        assert_eq!(t(&times, 100, 4.0), None);
    }

    #[test]
    fn the_crops_are_dudects() {
        let sorted: Vec<u32> = (0..1000).collect();
        let limits: Vec<u32> = limits(&sorted).collect();
        assert_eq!(limits.len(), 100);
        // 1 - 0.5^0.1, 1 - 0.5^1, 1 - 0.5^10
        assert_eq!((limits[0], limits[9], limits[99]), (66, 500, 999));
    }

    #[test]
    fn a_small_difference_is_found_and_none_is_not() {
        let noise = |i: u32| 1000 + i.wrapping_mul(2_654_435_761) % 101;
        let first: Vec<u32> = (0..40_000).map(noise).collect();
        let second: Vec<u32> = (40_000..80_000).map(noise).collect();
        let later: Vec<u32> = second.iter().map(|time| time + 1).collect();
        assert!(report(&times(&first, &second)).unwrap().uncropped < 4.5);
        assert!(report(&times(&first, &later)).unwrap().maximum() > 4.5);
        assert!(report(&times(&first[..100], &later)).is_none());
    }
}
