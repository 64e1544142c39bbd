//! Pictures of the screen.

use std::borrow::Cow;

use http::StatusCode;
use jpeg_encoder::{ColorType as JpegColor, Encoder as JpegEncoder};
use x11rb::connection::Connection as _;
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, ImageOrder};

use super::super::query::Query;
use super::screen::{Screen, ScreenError};
use crate::response::Failure;

/// The quality of a JPEG unless another one is asked for.
const QUALITY: u8 = 85;

/// Bytes of a pixel on the screen, and in a picture.
const SCREEN_PIXEL: usize = 4;
const PIXEL: usize = 3;

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

impl Region {
    /// Reads the region that a request names.
    pub(super) fn of(query: &Query) -> Result<Self, Failure> {
        let number = |name: &str| {
            let text = query.text(name);
            text.parse::<i32>().map_err(|_| {
                Failure::bad_request(format_args!("{name} must be given as a whole number, not {text:?}"))
            })
        };
        let region =
            Self { x: number("x")?, y: number("y")?, width: number("width")?, height: number("height")? };
        if region.width <= 0 || region.height <= 0 {
            return Err(Failure::bad_request("width and height must be greater than 0"));
        }
        Ok(region)
    }

    /// The region as the server takes it, when it is inside of the screen.
    fn inside(self, screen: &Screen) -> Result<(i16, i16, u16, u16), Failure> {
        let Self { x, y, width, height } = self;
        let fits = |start: i32, length: i32, whole: u16| {
            start >= 0 && i64::from(start) + i64::from(length) <= i64::from(whole)
        };
        let numbers = || {
            Some((
                i16::try_from(x).ok()?,
                i16::try_from(y).ok()?,
                u16::try_from(width).ok()?,
                u16::try_from(height).ok()?,
            ))
        };
        let is_inside = fits(x, width, screen.width) && fits(y, height, screen.height);
        numbers().filter(|_| is_inside).ok_or_else(|| {
            Failure::bad_request(format_args!(
                "the region of {width} x {height} at {x}, {y} is not inside of the screen, which has {} x {}",
                screen.width, screen.height
            ))
        })
    }
}

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Compression {
    is_jpeg: bool,
    quality: u8,
    scale: f64,
}

impl Compression {
    /// A PNG of full size.
    pub(super) const NONE: Self = Self { is_jpeg: false, quality: QUALITY, scale: 1.0 };

    /// Reads what a request asks for. As at the service, what cannot be read or is
    /// out of range counts as not given.
    pub(super) fn of(query: &Query) -> Self {
        let quality = query.text("quality").parse().ok().filter(|quality| (1..=100).contains(quality));
        let scale = query.text("scale").parse().ok().filter(|scale| (0.1..=1.0).contains(scale));
        Self {
            is_jpeg: matches!(query.bytes("format"), b"jpeg" | b"jpg"),
            quality: quality.unwrap_or(QUALITY),
            scale: scale.unwrap_or(1.0),
        }
    }
}

/// Whether a request wants the pointer in the picture.
pub(super) fn shows_cursor(query: &Query) -> bool {
    ["showCursor", "show_cursor"].iter().any(|name| matches!(query.bytes(name), b"true" | b"1" | b"True"))
}

/// Red, green and blue, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    width: u16,
    height: u16,
    pixels: Vec<u8>,
}

impl Screen {
    /// Takes a picture of the screen, or a region of it.
    pub(super) fn picture(&self, region: Option<Region>, with_cursor: bool) -> Result<Picture, ScreenError> {
        let whole = Region { x: 0, y: 0, width: self.width.into(), height: self.height.into() };
        let (x, y, width, height) = region.unwrap_or(whole).inside(self)?;
        let request =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX)?;
        let image = request.reply()?;
        let pixels = usize::from(width) * usize::from(height);
        let order = self.connection.setup().image_byte_order;
        if image.data.len() != pixels * SCREEN_PIXEL || order != ImageOrder::LSB_FIRST {
            return Err(unsupported(image.depth).into());
        }
        let rgb = image.data.chunks_exact(SCREEN_PIXEL).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]);
        let mut picture = Picture { width, height, pixels: rgb.collect() };
        if with_cursor {
            self.draw_cursor(&mut picture, (x.into(), y.into()))?;
        }
        Ok(picture)
    }

    /// Draws the pointer into a picture of the screen whose corner is at `corner`.
    fn draw_cursor(&self, picture: &mut Picture, corner: (i32, i32)) -> Result<(), ScreenError> {
        // The extension wants to be asked for its version before anything else.
        self.connection.xfixes_query_version(4, 0)?.reply()?;
        let cursor = self.connection.xfixes_get_cursor_image()?.reply()?;
        let left = i32::from(cursor.x) - i32::from(cursor.xhot) - corner.0;
        let top = i32::from(cursor.y) - i32::from(cursor.yhot) - corner.1;
        let width = usize::from(cursor.width).max(1);
        for (row, pixels) in (top..).zip(cursor.cursor_image.chunks(width)) {
            for (column, pixel) in (left..).zip(pixels) {
                picture.blend(column, row, pixel.to_le_bytes());
            }
        }
        Ok(())
    }
}

fn unsupported(depth: u8) -> Failure {
    Failure {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "INTERNAL_SERVER_ERROR",
        message: format!(
            "internal server error: pictures of a screen with {depth} bits a pixel are not supported"
        ),
    }
}

impl Picture {
    /// Puts a pixel over another one. Its colors are multiplied by its opacity.
    fn blend(&mut self, x: i32, y: i32, [blue, green, red, opacity]: [u8; 4]) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        if x >= width || y >= height {
            return;
        }
        let at = (y * width + x) * PIXEL;
        for (below, above) in self.pixels.iter_mut().skip(at).zip([red, green, blue]) {
            let rest = u16::from(*below) * u16::from(255 - opacity) / 255;
            *below = u8::try_from(rest + u16::from(above)).unwrap_or(u8::MAX);
        }
    }

    /// A smaller picture: each pixel is the mean of those that it stands for.
    fn scaled(&self, scale: f64) -> Cow<'_, Self> {
        if scale >= 1.0 {
            return Cow::Borrowed(self);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and smaller"
        )]
        let part = |length: u16| ((f64::from(length) * scale) as u16).max(1);
        let (width, height) = (part(self.width), part(self.height));
        let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * PIXEL);
        for row in 0..height {
            let rows = span(row, height, self.height);
            for column in 0..width {
                let columns = span(column, width, self.width);
                pixels.extend(self.mean(&rows, &columns));
            }
        }
        Cow::Owned(Self { width, height, pixels })
    }

    fn mean(&self, rows: &std::ops::Range<usize>, columns: &std::ops::Range<usize>) -> [u8; PIXEL] {
        let mut sums = [0_usize; PIXEL];
        for row in rows.clone() {
            let start = row * usize::from(self.width);
            let pixels = &self.pixels[(start + columns.start) * PIXEL..(start + columns.end) * PIXEL];
            for pixel in pixels.chunks_exact(PIXEL) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += usize::from(*value);
                }
            }
        }
        let count = rows.len() * columns.len();
        sums.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX))
    }

    /// Writes the picture as a file.
    pub(super) fn encode(&self, compression: Compression) -> Result<Vec<u8>, Failure> {
        let picture = self.scaled(compression.scale);
        let mut file = Vec::new();
        if compression.is_jpeg {
            JpegEncoder::new(&mut file, compression.quality)
                .encode(&picture.pixels, picture.width, picture.height, JpegColor::Rgb)
                .map_err(Failure::internal)?;
            return Ok(file);
        }
        let mut encoder = png::Encoder::new(&mut file, picture.width.into(), picture.height.into());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(Failure::internal)?;
        writer.write_image_data(&picture.pixels).map_err(Failure::internal)?;
        writer.finish().map_err(Failure::internal)?;
        Ok(file)
    }
}

/// The pixels of `whole` that pixel `index` of `part` stands for; at least one.
fn span(index: u16, part: u16, whole: u16) -> std::ops::Range<usize> {
    let at = |index: usize| index * usize::from(whole) / usize::from(part);
    let (start, end) = (at(index.into()), at(usize::from(index) + 1));
    start..end.max(start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        let pixels = vec![0, 0, 0, 200, 0, 0, 0, 100, 0, 0, 100, 40];
        Picture { width: 2, height: 2, pixels }
    }

    #[test]
    fn a_smaller_picture_has_the_mean_of_the_pixels() {
        let small = picture().scaled(0.5).into_owned();
        assert_eq!(small, Picture { width: 1, height: 1, pixels: vec![50, 50, 10] });
        assert_eq!(*picture().scaled(1.0), picture());
    }

    #[test]
    fn a_pointer_is_drawn_where_it_is_and_nowhere_else() {
        let mut seen = picture();
        for (x, y) in [(-1, 0), (0, -1), (2, 0), (0, 2)] {
            seen.blend(x, y, [9, 9, 9, 255]);
        }
        assert_eq!(seen, picture());
        seen.blend(1, 0, [7, 8, 9, 255]);
        assert_eq!(seen.pixels[3..6], [9, 8, 7]);
        seen.blend(0, 1, [0, 0, 0, 0]);
        assert_eq!(seen.pixels[6..9], [0, 100, 0]);
    }

    #[test]
    fn what_cannot_be_read_of_a_compression_counts_as_not_given() {
        let compression = |query: &str| Compression::of(&Query::parse(query));
        assert_eq!(compression("format=webp&quality=0&scale=7"), Compression::NONE);
        let given = Compression { is_jpeg: true, quality: 40, scale: 0.25 };
        assert_eq!(compression("format=jpeg&quality=40&scale=0.25"), given);
    }

    #[test]
    fn pictures_are_written_as_png_and_jpeg() {
        assert!(picture().encode(Compression::NONE).unwrap().starts_with(b"\x89PNG"));
        let jpeg = Compression { is_jpeg: true, ..Compression::NONE };
        assert!(picture().encode(jpeg).unwrap().starts_with(b"\xFF\xD8\xFF"));
    }

    #[test]
    fn a_region_is_read_and_has_to_have_a_size() {
        let region = |query: &str| Region::of(&Query::parse(query));
        assert_eq!(region("x=1&y=2&width=3&height=4").unwrap(), Region { x: 1, y: 2, width: 3, height: 4 });
        for query in ["", "x=1&y=2&width=3", "x=1&y=2&width=0&height=4", "x=a&y=2&width=3&height=4"] {
            assert!(region(query).is_err(), "{query}");
        }
    }
}
