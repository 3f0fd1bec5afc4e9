//! The analyzer's speed against its floor: what syn needs to read and parse the same files.
//!
//! `cargo bench --bench floor -- [PATH] [--rounds N] [--jobs N] [--all]`; PATH is the fixtures where none is given. A round
//! measures both halves one after the other, in alternating order: the floor reads and parses every analysed file once,
//! the check is what the command does up to the report, with the lints that are on by default or with `--all`. Each
//! measurement is a process of its own, of this program, so that both start with the same empty heap and differ in
//! nothing but the work. Out: medians, and the ratio.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cargo_safe_map_lint::engine::{self, Extent, Policy};
use cargo_safe_map_lint::levels::{Asked, Choice, Setting};
use cargo_safe_map_lint::scope::Scope;
use cargo_safe_map_lint::workspace::{self, Request};
use rayon::prelude::*;
use safe_map_lints::{Confidence, LINTS};

/// What the command runs on, for both halves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the threads of the command have.
const STACK_BYTES: usize = 16 << 20;

fn main() {
    let options = Options::parse(std::env::args().skip(1));
    match options.half {
        Some(half) => options.in_pool(|| half.measure(&options)).print(),
        None => compare(&options),
    }
}

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    path: PathBuf,
    rounds: usize,
    /// Zero means one thread a processor.
    jobs: usize,
    /// Every lint, those in preview and advice too.
    all: bool,
    /// Set in the processes that measure.
    half: Option<Half>,
}

impl Options {
    fn parse(args: impl Iterator<Item = String>) -> Options {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut options = Options { path: fixtures, rounds: 7, jobs: 0, all: false, half: None };
        // Cargo adds `--bench` to what the user wrote.
        let mut args = args.filter(|arg| arg != "--bench");
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--rounds" => options.rounds = number(args.next()).max(1),
                "--jobs" => options.jobs = number(args.next()),
                "--all" => options.all = true,
                "--half" => options.half = args.next().as_deref().and_then(Half::named),
                _ => options.path = PathBuf::from(arg),
            }
        }
        options
    }

    fn in_pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.jobs).stack_size(STACK_BYTES).build();
        pool.expect("threads can be started").install(work)
    }
}

fn number(arg: Option<String>) -> usize {
    arg.and_then(|arg| arg.parse().ok()).expect("--rounds and --jobs take a number")
}

/// One of the two things that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Floor,
    Check,
}

impl Half {
    fn named(name: &str) -> Option<Half> {
        [Half::Floor, Half::Check].into_iter().find(|half| half.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Half::Floor => "floor",
            Half::Check => "check",
        }
    }

    /// Does the work once; the floor's files come from standard input.
    fn measure(self, options: &Options) -> Sample {
        let time = match self {
            Half::Floor => floor(),
            Half::Check => check(options),
        };
        Sample { time, peak_bytes: peak_bytes() }
    }
}

fn floor() -> Duration {
    let mut list = String::new();
    std::io::stdin().read_to_string(&mut list).expect("the list of files can be read");
    let files: Vec<&str> = list.lines().collect();
    let started = Instant::now();
    files.par_iter().for_each(|file| parse(file));
    started.elapsed()
}

fn parse(file: &str) {
    let text = std::fs::read_to_string(file).expect("an analysed file can be read");
    // A file that syn refuses costs the floor less and the check more, which recovers.
    std::hint::black_box(syn::parse_file(&text)).ok();
    // The map of spans would grow with every file.
    proc_macro2::extra::invalidate_current_thread_spans();
}

fn check(options: &Options) -> Duration {
    let all = options.all.then(|| Choice { setting: Setting::Warn, name: "all".to_owned() });
    let asked = Asked::new(LINTS, all.as_slice(), &[], None).expect("`all` is a group");
    let policy =
        Policy { asked, confidence: Confidence::Possible, scope: Scope::default(), extent: Extent::Findings };
    let started = Instant::now();
    std::hint::black_box(engine::run(&request(&options.path), &policy))
        .expect("there is Rust below the path");
    started.elapsed()
}

fn request(path: &Path) -> Request {
    let cwd = std::env::current_dir().expect("there is a current directory");
    Request { paths: vec![path.to_owned()], cwd, ..Request::default() }
}

/// What one process measured.
#[derive(Clone, Copy, Debug)]
struct Sample {
    time: Duration,
    /// The largest resident set; zero where the system does not tell.
    peak_bytes: u64,
}

impl Sample {
    fn print(self) {
        println!("{} {}", self.time.as_nanos(), self.peak_bytes);
    }

    fn read(text: &str) -> Option<Sample> {
        let (nanos, bytes) = text.trim().split_once(' ')?;
        Some(Sample { time: Duration::from_nanos(nanos.parse().ok()?), peak_bytes: bytes.parse().ok()? })
    }
}

fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

fn compare(options: &Options) {
    let files = options.in_pool(|| Files::find(&options.path));
    let threads = options.in_pool(rayon::current_num_threads);
    println!(
        "{} lines, {} files, {:.1} MB, {threads} threads, {} rounds",
        files.lines,
        files.paths.len(),
        files.bytes as f64 / 1e6,
        options.rounds,
    );
    // The first round only brings the files into the page cache.
    round(options, &files, 0);
    let rounds: Vec<Round> = (0..options.rounds).map(|index| round(options, &files, index)).collect();
    summarize(&rounds);
}

/// The files that the check analyses.
struct Files {
    /// Absolute, each once: a file analysed under two editions need only be parsed once.
    paths: Vec<String>,
    lines: usize,
    bytes: usize,
}

impl Files {
    fn find(path: &Path) -> Files {
        let found = workspace::discover(&request(path)).unwrap_or_else(|failure| panic!("{failure}"));
        let mut files = Files { paths: Vec::new(), lines: 0, bytes: 0 };
        let mut sources: Vec<_> = found.workspace.files.iter().map(|file| &file.source).collect();
        sources.dedup_by(|a, b| a.path == b.path);
        for source in sources {
            files.paths.push(found.root.join(&*source.path).display().to_string());
            files.lines += source.text.lines().count();
            files.bytes += source.text.len();
        }
        files
    }
}

struct Round {
    floor: Sample,
    check: Sample,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.check.time.as_secs_f64() / self.floor.time.as_secs_f64()
    }
}

/// Both halves, the order changing from round to round.
fn round(options: &Options, files: &Files, index: usize) -> Round {
    let run = |half| in_process(options, files, half);
    if index.is_multiple_of(2) {
        let floor = run(Half::Floor);
        Round { floor, check: run(Half::Check) }
    } else {
        let check = run(Half::Check);
        Round { floor: run(Half::Floor), check }
    }
}

fn in_process(options: &Options, files: &Files, half: Half) -> Sample {
    let program = std::env::current_exe().expect("this program has a path");
    let mut list = tempfile::tempfile().expect("a temporary file can be made");
    std::io::Write::write_all(&mut list, files.paths.join("\n").as_bytes()).expect("it can be written");
    std::io::Seek::rewind(&mut list).expect("it can be read again");
    let mut command = Command::new(program);
    command.arg(&options.path).args(["--half", half.name(), "--jobs", &options.jobs.to_string()]);
    command.args(options.all.then_some("--all"));
    let output = command.stdin(list).stderr(Stdio::inherit()).output().expect("this program starts");
    Sample::read(&String::from_utf8_lossy(&output.stdout)).expect("a measurement prints its sample")
}

fn summarize(rounds: &[Round]) {
    let line = |name: &str, sample: &dyn Fn(&Round) -> Sample| {
        let time = spread(rounds.iter().map(|it| sample(it).time.as_secs_f64()).collect());
        let peak = spread(rounds.iter().map(|it| sample(it).peak_bytes as f64 / 1e6).collect());
        println!(
            "{name}  {:.3} s ({:.3} to {:.3}), {:.0} MB at most",
            time.median, time.min, time.max, peak.max
        );
    };
    line("floor", &|round| round.floor);
    line("check", &|round| round.check);
    let ratio = spread(rounds.iter().map(Round::ratio).collect());
    println!("ratio  {:.2} ({:.2} to {:.2})", ratio.median, ratio.min, ratio.max);
}

struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

/// Of at least one number.
fn spread(mut numbers: Vec<f64>) -> Spread {
    numbers.sort_by(f64::total_cmp);
    Spread { min: numbers[0], median: numbers[numbers.len() / 2], max: numbers[numbers.len() - 1] }
}
