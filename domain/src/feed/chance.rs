//! Chance as a parameter.

/// A source of random numbers.
pub trait Chance {
    /// A number in [0, 1), all equally likely.
    fn unit(&mut self) -> f64;
}

/// A small generator for simulation and tests: the same seed gives the same numbers.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Seeded(pub u64);

impl Chance for Seeded {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
        let unit = (bits >> 11) as f64 / (1_u64 << 53) as f64;
        unit
    }
}

/// An index below `count`; zero when there is none.
pub fn index(chance: &mut dyn Chance, count: usize) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are far below 2^53 and the product is not negative"
    )]
    let index = (chance.unit() * count as f64) as usize;
    index.min(count.saturating_sub(1))
}

/// A draw from the standard normal distribution (Box and Muller).
pub fn normal(chance: &mut dyn Chance) -> f64 {
    let radius = (-2.0 * (1.0 - chance.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * chance.unit()).cos()
}

/// A draw from Gamma(shape, 1); a shape below 1 counts as 1.
///
/// Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables".
fn gamma(chance: &mut dyn Chance, shape: f64) -> f64 {
    let d = shape.max(1.0) - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    // Each round succeeds with more than 95 %; the bound is for sources that are stuck.
    for _ in 0..64 {
        let x = normal(chance);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - chance.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
    d
}

/// A draw from Beta(alpha, beta), both at least 1.
pub fn beta(chance: &mut dyn Chance, alpha: f64, beta: f64) -> f64 {
    let a = gamma(chance, alpha);
    let b = gamma(chance, beta);
    a / (a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stuck(f64);

    impl Chance for Stuck {
        fn unit(&mut self) -> f64 {
            self.0
        }
    }

    #[test]
    fn draws_of_beta_have_its_mean_and_spread() {
        let mut chance = Seeded(1);
        for (alpha, b) in [(1.0, 1.0), (2.0, 8.0), (30.0, 10.0)] {
            let draws: Vec<f64> = (0..20_000).map(|_| beta(&mut chance, alpha, b)).collect();
            let count = 20_000.0;
            let mean = draws.iter().sum::<f64>() / count;
            let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / count;
            let total: f64 = alpha + b;
            assert!((mean - alpha / total).abs() < 0.01, "{mean}");
            let expected = alpha * b / (total * total * (total + 1.0));
            assert!((variance - expected).abs() < 0.01, "{variance}");
        }
    }

    #[test]
    fn a_stuck_source_does_not_hang() {
        for unit in [0.0, 0.5, 1.0 - f64::EPSILON] {
            let draw = beta(&mut Stuck(unit), 3.0, 4.0);
            assert!((0.0..=1.0).contains(&draw));
        }
    }

    #[test]
    fn an_index_stays_below_its_count() {
        assert_eq!(index(&mut Stuck(0.999_999), 3), 2);
        assert_eq!(index(&mut Stuck(1.0), 3), 2);
        assert_eq!(index(&mut Stuck(0.5), 0), 0);
    }
}
