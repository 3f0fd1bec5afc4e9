//! The medians of ratios round by round, with bootstrap intervals, and the tables of them.

/// What one contender did: a figure for each round, the larger the better.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) locks: bool,
    pub(crate) figures: Vec<f64>,
}

/// A median, and where it lies with a probability of 95 %.
#[derive(Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// The ratio of two contenders, from the ratios of their rounds.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> Ratio {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut medians: Vec<f64> = (0..2000).map(|_| median(&resample(&ratios, &mut random))).collect();
    medians.sort_by(f64::total_cmp);
    Ratio { median: median(&ratios), low: medians[50], high: medians[1949] }
}

fn resample(figures: &[f64], random: &mut u64) -> Vec<f64> {
    figures.iter().map(|_| figures[next(random) as usize % figures.len()]).collect()
}

/// xorshift: the same numbers in each run.
pub(crate) fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

/// Prints a table: the first series is ours, its ratio to each of the others beside their figures.
pub(crate) fn print(title: &str, unit: &str, series: &[Series]) {
    println!("\n## {title}\n");
    println!("| contender | median, {unit} | ours / theirs | 95 % interval |");
    println!("|---|---|---|---|");
    let Some((ours, others)) = series.split_first() else { return };
    println!("| {} | {:.2} | | |", ours.name, median(&ours.figures));
    for other in others {
        let it = ratio(&ours.figures, &other.figures);
        let figure = median(&other.figures);
        println!("| {} | {figure:.2} | {:.3} | {:.3} to {:.3} |", other.name, it.median, it.low, it.high);
    }
    print_best("lock-based", ours, others.iter().filter(|it| it.locks));
    print_best("other", ours, others.iter());
}

fn print_best<'a>(what: &str, ours: &Series, others: impl Iterator<Item = &'a Series>) {
    let best = others.max_by(|a, b| median(&a.figures).total_cmp(&median(&b.figures)));
    if let Some(best) = best {
        let it = ratio(&ours.figures, &best.figures);
        println!(
            "\nagainst the best {what} one, {}: {:.3} ({:.3} to {:.3})",
            best.name, it.median, it.low, it.high
        );
    }
}
