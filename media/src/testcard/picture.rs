//! A picture in three planes, and painting with soft edges.
#![expect(clippy::indexing_slicing, reason = "coordinates are our own and clipped to the picture")]

use super::block::Block;

/// Pixels across.
pub const WIDTH: usize = 1_280;
/// Pixels down.
pub const HEIGHT: usize = 720;
/// Macroblocks across.
pub(super) const COLUMNS: usize = WIDTH / 16;
/// Macroblocks down.
pub(super) const ROWS: usize = HEIGHT / 16;

/// Parts of a pixel in which shapes are measured.
pub(super) const FINE: i32 = 16;

/// A colour by BT.709, luma 16 to 235.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    pub(super) luma: u8,
    pub(super) blue: u8,
    pub(super) red: u8,
}

impl Colour {
    /// From `0xRRGGBB`.
    pub(super) fn rgb(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes().map(i32::from);
        let part = |r: i32, g: i32, b: i32, from: i32| {
            let sum = r * red + g * green + b * blue;
            u8::try_from(from + (sum + 50_000) / 100_000 - i32::from(sum < -50_000))
                .unwrap_or_default()
        };
        Self {
            luma: part(18_259, 61_423, 6_201, 16),
            blue: part(-10_064, -33_857, 43_922, 128),
            red: part(43_922, -39_894, -4_027, 128),
        }
    }

    /// Without colour.
    pub(super) const fn grey(luma: u8) -> Self {
        Self { luma, blue: 128, red: 128 }
    }
}

/// Pixels from `left`, `top` up to but without `right`, `bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
}

impl Area {
    /// The macroblocks `columns` by `rows` from `column`, `row`.
    pub(super) const fn blocks(column: usize, row: usize, columns: usize, rows: usize) -> Self {
        Self {
            left: column * 16,
            top: row * 16,
            right: (column + columns) * 16,
            bottom: (row + rows) * 16,
        }
    }

    /// All of the picture.
    pub(super) const fn all() -> Self {
        Self { left: 0, top: 0, right: WIDTH, bottom: HEIGHT }
    }

    /// The square around a point, in pixels, widened to macroblocks.
    pub(super) fn around(x: usize, y: usize, radius: usize) -> Self {
        let clip = |value: usize, max: usize| value.min(max);
        Self {
            left: x.saturating_sub(radius) / 16 * 16,
            top: y.saturating_sub(radius) / 16 * 16,
            right: clip((x + radius).next_multiple_of(16), WIDTH),
            bottom: clip((y + radius).next_multiple_of(16), HEIGHT),
        }
    }

    /// Indices of the macroblocks it touches.
    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
        let columns = self.left / 16..self.right.div_ceil(16);
        let rows = self.top / 16..self.bottom.div_ceil(16);
        rows.flat_map(move |row| columns.clone().map(move |column| row * COLUMNS + column))
    }
}

/// A point in sixteenths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: i32,
    pub(super) y: i32,
}

impl Point {
    /// From pixels.
    pub(super) const fn pixels(x: i32, y: i32) -> Self {
        Self { x: x * FINE, y: y * FINE }
    }

    /// The distance to the line from `from` to `to`.
    pub(super) fn distance(self, from: Point, to: Point) -> i32 {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let (px, py) = (self.x - from.x, self.y - from.y);
        let square = i64::from(dx * dx) + i64::from(dy * dy);
        let along = i64::from(px) * i64::from(dx) + i64::from(py) * i64::from(dy);
        let nearest = |delta: i32| {
            let along = along.clamp(0, square);
            i32::try_from(i64::from(delta) * along / square.max(1)).unwrap_or_default()
        };
        let (x, y) = (px - nearest(dx), py - nearest(dy));
        (x * x + y * y).isqrt()
    }
}

/// How much of a pixel is inside an edge at `distance` (negative inside): 0 to [`FINE`].
pub(super) fn inside(distance: i32) -> i32 {
    (FINE / 2 - distance).clamp(0, FINE)
}

#[derive(Debug, Clone)]
struct Plane {
    width: usize,
    samples: Vec<u8>,
    /// Pixels of the picture in one sample, each way.
    scale: usize,
}

impl Plane {
    fn new(scale: usize) -> Self {
        let width = WIDTH / scale;
        Self { width, samples: vec![0; width * (HEIGHT / scale)], scale }
    }

    fn paint(&mut self, area: Area, value: u8, coverage: impl Fn(Point) -> i32) {
        let scale = self.scale;
        let fine = |at: usize| {
            let sixteenths = (at * 2 + 1) * scale * 8;
            i32::try_from(sixteenths).unwrap_or(i32::MAX)
        };
        let (from, to) = (area.left / scale, area.right.div_ceil(scale).min(self.width));
        for row in area.top / scale..area.bottom.div_ceil(scale).min(HEIGHT / scale) {
            let samples = &mut self.samples[row * self.width..][from..to];
            for (column, sample) in (from..to).zip(samples) {
                let covered = coverage(Point { x: fine(column), y: fine(row) });
                if covered > 0 {
                    let old = i32::from(*sample);
                    let blended = old + (i32::from(value) - old) * covered / FINE;
                    *sample = u8::try_from(blended).unwrap_or_default();
                }
            }
        }
    }

    fn restore(&mut self, area: Area, from: &Plane) {
        let (left, right) = (area.left / self.scale, area.right / self.scale);
        for row in area.top / self.scale..area.bottom / self.scale {
            let at = row * self.width;
            self.samples[at + left..at + right]
                .copy_from_slice(&from.samples[at + left..at + right]);
        }
    }

    fn block<const N: usize>(&self, column: usize, row: usize) -> [[u8; N]; N] {
        let mut block = [[0; N]; N];
        for (line, samples) in block.iter_mut().enumerate() {
            let at = (row * N + line) * self.width + column * N;
            samples.copy_from_slice(&self.samples[at..at + N]);
        }
        block
    }
}

/// A picture of [`WIDTH`] by [`HEIGHT`] pixels, chroma at half size.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    luma: Plane,
    blue: Plane,
    red: Plane,
}

impl Picture {
    pub(super) fn new(colour: Colour) -> Self {
        let mut picture = Self { luma: Plane::new(1), blue: Plane::new(2), red: Plane::new(2) };
        picture.fill(Area::all(), colour);
        picture
    }

    /// Paints where `coverage` (0 to [`FINE`], at the centre of a sample) says, inside `area`.
    pub(super) fn paint(&mut self, area: Area, colour: Colour, coverage: impl Fn(Point) -> i32) {
        self.luma.paint(area, colour.luma, &coverage);
        self.blue.paint(area, colour.blue, &coverage);
        self.red.paint(area, colour.red, &coverage);
    }

    pub(super) fn fill(&mut self, area: Area, colour: Colour) {
        self.paint(area, colour, |_| FINE);
    }

    /// Takes an area of whole macroblocks back from another picture.
    pub(super) fn restore(&mut self, area: Area, from: &Picture) {
        self.luma.restore(area, &from.luma);
        self.blue.restore(area, &from.blue);
        self.red.restore(area, &from.red);
    }

    pub(super) fn block(&self, at: usize) -> Block {
        let (column, row) = (at % COLUMNS, at / COLUMNS);
        Block {
            luma: self.luma.block(column, row),
            blue: self.blue.block(column, row),
            red: self.red.block(column, row),
        }
    }
}
