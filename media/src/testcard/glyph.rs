//! Letters as strokes, and digits of seven segments.

use super::picture::{Area, Colour, Picture, Point, inside};

/// A letter: lines through points on a grid of [`GRID_WIDTH`] by [`GRID_HEIGHT`].
type Strokes = &'static [&'static [(i32, i32)]];

const GRID_WIDTH: i32 = 8;
const GRID_HEIGHT: i32 = 12;
/// From the start of a letter to the next.
const GRID_ADVANCE: i32 = 12;

fn strokes(letter: char) -> Strokes {
    match letter {
        'A' => &[&[(0, 12), (4, 0), (8, 12)], &[(2, 8), (6, 8)]],
        'C' => &[&[(8, 2), (6, 0), (2, 0), (0, 2), (0, 10), (2, 12), (6, 12), (8, 10)]],
        'D' => &[&[(0, 0), (0, 12), (4, 12), (7, 10), (8, 6), (7, 2), (4, 0), (0, 0)]],
        'E' => &[&[(8, 0), (0, 0), (0, 12), (8, 12)], &[(0, 6), (6, 6)]],
        'H' => &[&[(0, 0), (0, 12)], &[(8, 0), (8, 12)], &[(0, 6), (8, 6)]],
        'I' => &[&[(4, 0), (4, 12)]],
        'P' => &[&[(0, 12), (0, 0), (5, 0), (8, 2), (8, 5), (5, 7), (0, 7)]],
        'R' => &[&[(0, 12), (0, 0), (5, 0), (8, 2), (8, 5), (5, 7), (0, 7)], &[(4, 7), (8, 12)]],
        'S' => &[&[
            (8, 2),
            (6, 0),
            (2, 0),
            (0, 2),
            (0, 4),
            (2, 6),
            (6, 6),
            (8, 8),
            (8, 10),
            (6, 12),
            (2, 12),
            (0, 10),
        ]],
        'T' => &[&[(0, 0), (8, 0)], &[(4, 0), (4, 12)]],
        'U' => &[&[(0, 0), (0, 9), (2, 12), (6, 12), (8, 9), (8, 0)]],
        'W' => &[&[(0, 0), (2, 12), (4, 4), (6, 12), (8, 0)]],
        _ => &[],
    }
}

/// Where and how large text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    /// Left edge of the first letter, in sixteenths of a pixel.
    pub(super) at: Point,
    /// Sixteenths of a pixel in one unit of the letter grid.
    pub(super) unit: i32,
    /// Half the thickness of a stroke, in sixteenths of a pixel.
    pub(super) radius: i32,
    /// Its colour.
    pub(super) colour: Colour,
}

/// Writes capital letters of the small set that the picture needs.
pub(super) fn write(picture: &mut Picture, mut pen: Pen, text: &str) {
    for letter in text.chars() {
        let corner = |column: i32, row: i32| Point {
            x: pen.at.x + column * pen.unit,
            y: pen.at.y + row * pen.unit,
        };
        let lines: Vec<_> = strokes(letter)
            .iter()
            .flat_map(|stroke| stroke.windows(2))
            .filter_map(|pair| match pair {
                [from, to] => Some((corner(from.0, from.1), corner(to.0, to.1))),
                _ => None,
            })
            .collect();
        let area = bounds(corner(0, 0), corner(GRID_WIDTH, GRID_HEIGHT), pen.radius);
        stroke(picture, area, pen, &lines);
        pen.at.x += GRID_ADVANCE * pen.unit;
    }
}

/// One soft-edged shape from several lines.
fn stroke(picture: &mut Picture, area: Area, pen: Pen, lines: &[(Point, Point)]) {
    picture.paint(area, pen.colour, |point| {
        let nearest = lines.iter().map(|(from, to)| point.distance(*from, *to)).min();
        nearest.map_or(0, |distance| inside(distance - pen.radius))
    });
}

fn bounds(from: Point, to: Point, radius: i32) -> Area {
    let pixel = |fine: i32| usize::try_from(fine / super::picture::FINE).unwrap_or_default();
    Area {
        left: pixel(from.x - radius).saturating_sub(1),
        top: pixel(from.y - radius).saturating_sub(1),
        right: pixel(to.x + radius) + 2,
        bottom: pixel(to.y + radius) + 2,
    }
}

/// Size of a seven-segment digit, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    width: i32,
    height: i32,
    margin: i32,
    gap: i32,
    /// Sixteenths of a pixel.
    radius: i32,
}

impl Size {
    /// Three by five macroblocks.
    pub(super) const LARGE: Self = Self { width: 48, height: 80, margin: 9, gap: 6, radius: 68 };
    /// Two by three macroblocks.
    pub(super) const SMALL: Self = Self { width: 32, height: 48, margin: 6, gap: 4, radius: 44 };
}

/// The segments a to g of each digit, a the lowest bit.
const SEGMENTS: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

/// Draws a digit with its upper left corner at `left`, `top`; dark segments show faintly.
pub(super) fn digit(
    picture: &mut Picture,
    (left, top): (usize, usize),
    size: Size,
    digit: u8,
    [lit, dark]: [Colour; 2],
) {
    let fine = |pixels: usize| i32::try_from(pixels).unwrap_or_default();
    let corner = |x: i32, y: i32| Point::pixels(fine(left) + x, fine(top) + y);
    let Size { width, height, margin, gap, radius } = size;
    let (near, far) = (margin, width - margin);
    let (upper, middle, lower) = (margin, height / 2, height - margin);
    let across = |y: i32| (corner(near + gap, y), corner(far - gap, y));
    let down = |x: i32, from: i32, to: i32| (corner(x, from + gap), corner(x, to - gap));
    let segments = [
        across(upper),
        down(far, upper, middle),
        down(far, middle, lower),
        across(lower),
        down(near, middle, lower),
        down(near, upper, middle),
        across(middle),
    ];
    let mask = SEGMENTS.get(usize::from(digit)).copied().unwrap_or_default();
    for (index, line) in segments.into_iter().enumerate() {
        let colour = if mask >> index & 1 == 1 { lit } else { dark };
        let pen = Pen { at: line.0, unit: 0, radius, colour };
        stroke(picture, bounds(line.0, line.1, radius), pen, &[line]);
    }
}

/// A filled circle.
pub(super) fn dot(picture: &mut Picture, centre: Point, radius: i32, colour: Colour) {
    let pen = Pen { at: centre, unit: 0, radius, colour };
    stroke(picture, bounds(centre, centre, radius), pen, &[(centre, centre)]);
}
