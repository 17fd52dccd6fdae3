//! What the test picture shows, and what of it moves.

use super::barcode;
use super::block::Block;
use super::glyph::{self, Pen, Size};
use super::picture::{Area, COLUMNS, Colour, FINE, HEIGHT, Picture, Point, ROWS, WIDTH, inside};
use super::{GOP_FRAMES, wrapped};

const GROUND: u32 = 0x0b_1014;
const PANEL: u32 = 0x13_1c23;
const TEXT: u32 = 0xe6_eef2;
const MUTED: u32 = 0x6f_8794;
const WATER: u32 = 0x4f_d1df;
/// The three streams, upper to lower.
const STREAMS: [u32; 3] = [0x1b_6f86, WATER, 0x2b_a3b8];

/// Macroblock row of the row that lights up once a GOP, frame by frame.
const SWEEP_ROW: usize = 36;
const SWEEP_COLUMN: usize = 10;
/// Column and row of the clock.
const CLOCK: (usize, usize) = (27, 4);
/// The light that is on for the first tenth of each second, with the beep.
const BEACON: Point = Point::pixels(1_136, 200);
const BEACON_RADIUS: i32 = 22 * FINE;
/// Milliseconds a drop takes down one stream.
const DROP_MS: u64 = 4_000;
const DROP_RADIUS: usize = 7;

/// The picture as drawn, and what is needed to draw only what changes.
#[derive(Debug)]
pub(super) struct Scene {
    still: Picture,
    picture: Picture,
    clock_ms: Option<u64>,
    /// Hours, minutes, seconds, hundredths: two digits each.
    digits: [u8; 8],
    sweep: usize,
    beacon: bool,
    drop: Option<Area>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let still = still();
        Self {
            picture: still.clone(),
            still,
            clock_ms: None,
            digits: [u8::MAX; 8],
            sweep: usize::MAX,
            beacon: false,
            drop: None,
        }
    }

    /// All macroblocks in their order.
    pub(super) fn blocks(&self) -> Vec<Block> {
        (0..COLUMNS * ROWS).map(|at| self.picture.block(at)).collect()
    }

    /// One macroblock.
    pub(super) fn block(&self, at: usize) -> Block {
        self.picture.block(at)
    }

    /// Draws the next frame; returns the macroblocks that were painted.
    pub(super) fn draw(&mut self, index: u64, clock_ms: u64) -> Vec<usize> {
        let mut drawn = Vec::new();
        self.draw_barcode(clock_ms, &mut drawn);
        self.draw_clock(clock_ms, &mut drawn);
        self.draw_sweep(index, &mut drawn);
        self.draw_beacon(clock_ms, &mut drawn);
        self.draw_drop(clock_ms, &mut drawn);
        drawn
    }

    fn draw_barcode(&mut self, clock_ms: u64, drawn: &mut Vec<usize>) {
        let before = self.clock_ms.replace(clock_ms);
        for position in 0..barcode::BITS {
            let bit = barcode::bit(clock_ms, position);
            if before.map(|before| barcode::bit(before, position)) == Some(bit) {
                continue;
            }
            let column = barcode::LEFT / 16 + position;
            let area = Area::blocks(column, barcode::TOP / 16, 1, 1);
            let luma = if bit { barcode::WHITE } else { barcode::BLACK };
            self.picture.fill(area, Colour::grey(luma));
            drawn.extend(area.indices());
        }
    }

    fn draw_clock(&mut self, clock_ms: u64, drawn: &mut Vec<usize>) {
        let digits = clock_digits(clock_ms);
        let colours = [Colour::rgb(TEXT), Colour::rgb(0x1a_262f)];
        for (place, (shown, digit)) in self.digits.iter_mut().zip(digits).enumerate() {
            if *shown == digit {
                continue;
            }
            *shown = digit;
            let (area, size) = digit_place(place);
            self.picture.restore(area, &self.still);
            glyph::digit(&mut self.picture, (area.left, area.top), size, digit, colours);
            drawn.extend(area.indices());
        }
    }

    fn draw_sweep(&mut self, index: u64, drawn: &mut Vec<usize>) {
        let sweep = usize::try_from(index % GOP_FRAMES).unwrap_or_default();
        for (at, colour) in [(self.sweep, PANEL), (sweep, WATER)] {
            if at < 60 {
                let area = Area::blocks(SWEEP_COLUMN + at, SWEEP_ROW, 1, 1);
                self.picture.fill(area, Colour::rgb(colour));
                drawn.extend(area.indices());
            }
        }
        self.sweep = sweep;
    }

    fn draw_beacon(&mut self, clock_ms: u64, drawn: &mut Vec<usize>) {
        let beacon = clock_ms % 1_000 < 100;
        if std::mem::replace(&mut self.beacon, beacon) == beacon {
            return;
        }
        let area = Area::around(1_136, 200, 32);
        self.picture.restore(area, &self.still);
        if beacon {
            glyph::dot(&mut self.picture, BEACON, BEACON_RADIUS - 6 * FINE, Colour::rgb(WATER));
        }
        drawn.extend(area.indices());
    }

    /// A drop runs down one stream after the other.
    fn draw_drop(&mut self, clock_ms: u64, drawn: &mut Vec<usize>) {
        if let Some(area) = self.drop.take() {
            self.picture.restore(area, &self.still);
            drawn.extend(area.indices());
        }
        let stream = usize::try_from(clock_ms / DROP_MS % 3).unwrap_or_default();
        let x = i32::try_from(wrapped(clock_ms % DROP_MS) * 1_248 / 4_000).unwrap_or_default();
        let centre = Point { x: (16 + x) * FINE, y: stream_centre(stream, (16 + x) * FINE) };
        let pixel = |fine: i32| usize::try_from(fine / FINE).unwrap_or_default();
        let area = Area::around(pixel(centre.x), pixel(centre.y), DROP_RADIUS + 1);
        let radius = i32::try_from(DROP_RADIUS).unwrap_or_default() * FINE;
        glyph::dot(&mut self.picture, centre, radius, Colour::rgb(TEXT));
        drawn.extend(area.indices());
        self.drop = Some(area);
    }
}

/// Hours, minutes, seconds and hundredths of a UTC day, two digits each.
fn clock_digits(clock_ms: u64) -> [u8; 8] {
    let hundredths = clock_ms / 10;
    let pairs = [
        hundredths / 360_000 % 24,
        hundredths / 6_000 % 60,
        hundredths / 100 % 60,
        hundredths % 100,
    ];
    let digit = |number: u64| u8::try_from(number % 10).unwrap_or_default();
    let mut digits = [0; 8];
    for (digits, pair) in digits.chunks_exact_mut(2).zip(pairs) {
        digits.copy_from_slice(&[digit(pair / 10), digit(pair)]);
    }
    digits
}

/// Where a digit of the clock stands.
fn digit_place(place: usize) -> (Area, Size) {
    let (column, row) = CLOCK;
    if place < 6 {
        let column = column + place * 3 + place / 2;
        (Area::blocks(column, row, 3, 5), Size::LARGE)
    } else {
        let column = column + 21 + (place - 6) * 2;
        (Area::blocks(column, row + 2, 2, 3), Size::SMALL)
    }
}

/// Everything that does not move.
fn still() -> Picture {
    let mut picture = Picture::new(Colour::rgb(GROUND));
    draw_streams(&mut picture);
    draw_words(&mut picture);
    draw_marks(&mut picture);
    draw_bars(&mut picture);
    picture
}

/// The middle of a stream at `x`, both in sixteenths of a pixel: apart on the left, side by side
/// on the right.
fn stream_centre(stream: usize, x: i32) -> i32 {
    const BEGIN: i32 = 160 * FINE;
    const LENGTH: i32 = 640 * FINE;
    const UNIT: i64 = 4_096;
    let (from, to) = match stream {
        0 => (304 * FINE, 400 * FINE),
        1 => (416 * FINE, 424 * FINE),
        _ => (528 * FINE, 448 * FINE),
    };
    let along = i64::from((x - BEGIN).clamp(0, LENGTH)) * UNIT / i64::from(LENGTH);
    let eased = along * along * (3 * UNIT - 2 * along) / (UNIT * UNIT);
    from + i32::try_from(i64::from(to - from) * eased / UNIT).unwrap_or_default()
}

fn draw_streams(picture: &mut Picture) {
    const HALF: i32 = 12 * FINE;
    let area = Area { left: 0, top: 272, right: WIDTH, bottom: 560 };
    for (stream, colour) in STREAMS.into_iter().enumerate() {
        picture.paint(area, Colour::rgb(colour), |point| {
            inside((point.y - stream_centre(stream, point.x)).abs() - HALF)
        });
    }
}

fn draw_words(picture: &mut Picture) {
    let name = Pen { at: Point::pixels(96, 176), unit: 56, radius: 48, colour: Colour::rgb(TEXT) };
    glyph::write(picture, name, "HEADWATER");
    let small =
        Pen { at: Point::pixels(97, 236), unit: 22, radius: 18, colour: Colour::rgb(MUTED) };
    glyph::write(picture, small, "TEST PICTURE");
    let utc = Pen { at: Point::pixels(864, 116), ..small };
    glyph::write(picture, utc, "UTC");
}

/// The colons of the clock, the ring of the beacon, the bed of the sweep.
fn draw_marks(picture: &mut Picture) {
    let (column, row) = CLOCK;
    let muted = Colour::rgb(MUTED);
    for column in [column + 6, column + 13] {
        for offset in [24, 56] {
            glyph::dot(picture, centre_of(column, row * 16 + offset), 5 * FINE, muted);
        }
    }
    glyph::dot(picture, centre_of(column + 20, row * 16 + 72), 4 * FINE, muted);
    let ring = Area::around(1_136, 200, 32);
    picture.paint(ring, muted, |point| {
        inside((point.distance(BEACON, BEACON) - BEACON_RADIUS).abs() - 2 * FINE)
    });
    picture.fill(Area::blocks(SWEEP_COLUMN, SWEEP_ROW, 60, 1), Colour::rgb(PANEL));
}

/// The middle of a column of macroblocks, at a height in pixels.
fn centre_of(column: usize, y: usize) -> Point {
    let fine = |pixels: usize| i32::try_from(pixels).unwrap_or_default();
    Point::pixels(fine(column * 16 + 8), fine(y))
}

/// Colour bars at 75 %, and a staircase of grey below.
fn draw_bars(picture: &mut Picture) {
    const BARS: [u32; 8] =
        [0xbf_bfbf, 0xbf_bf00, 0x00_bfbf, 0x00_bf00, 0xbf_00bf, 0xbf_0000, 0x00_00bf, 0x00_0000];
    for (index, colour) in BARS.into_iter().enumerate() {
        picture.fill(Area::blocks(index * 10, 39, 10, 4), Colour::rgb(colour));
    }
    for (step, luma) in (16..=235).step_by(20).enumerate() {
        let left = step * WIDTH / 11 / 16;
        let right = (step + 1) * WIDTH / 11 / 16;
        let area = Area::blocks(left, 43, right - left, 2);
        picture.fill(Area { bottom: HEIGHT, ..area }, Colour::grey(luma));
    }
}
