//! What can be seen of a desktop.

use daytona_client::{Compression, DisplayInfoResponse, Region, ScreenshotResponse, Whole, WindowsResponse};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource};

/// A region of the screen in pixels.
#[napi(object, object_to_js = false)]
pub struct ScreenshotRegion {
    /// From the left.
    #[napi(ts_type = "number")]
    pub x: Whole<i32>,
    /// From the top.
    #[napi(ts_type = "number")]
    pub y: Whole<i32>,
    /// Width.
    #[napi(ts_type = "number")]
    pub width: Whole<i32>,
    /// Height.
    #[napi(ts_type = "number")]
    pub height: Whole<i32>,
}

impl From<ScreenshotRegion> for Region {
    fn from(region: ScreenshotRegion) -> Self {
        Self { x: region.x.0, y: region.y.0, width: region.width.0, height: region.height.0 }
    }
}

/// How a picture is made smaller.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct ScreenshotOptions {
    /// Whether to draw the pointer. Default: false.
    pub show_cursor: Option<bool>,
    /// `png` or `jpeg`. Default: `png`.
    pub format: Option<String>,
    /// Quality of a JPEG, 1 to 100. Default: 85.
    #[napi(ts_type = "number")]
    pub quality: Option<Whole<i32>>,
    /// Scale, 0.1 to 1. Default: 1.
    pub scale: Option<f64>,
}

impl From<ScreenshotOptions> for Compression {
    fn from(options: ScreenshotOptions) -> Self {
        let ScreenshotOptions { show_cursor, format, quality, scale } = options;
        Self { show_cursor, format, quality: quality.map(|quality| quality.0), scale }
    }
}

/// Pictures of the screen of a desktop.
#[napi]
pub struct Screenshot {
    sandbox: daytona_client::Sandbox,
}

part!(Screenshot);

#[napi]
impl Screenshot {
    /// Takes a picture of the screen: `GET /computeruse/screenshot`.
    /// @param showCursor Whether to draw the pointer. Default: false.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns A PNG in Base64.
    /// @example
    /// ```typescript
    /// const { screenshot } = await sandbox.computerUse.screenshot.takeFullScreen();
    /// const png = Buffer.from(screenshot, "base64");
    /// ```
    #[napi(ts_return_type = "Promise<ScreenshotResponse>")]
    pub fn take_full_screen(
        &self,
        env: Env,
        show_cursor: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<ScreenshotResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.screenshot(None, show_cursor.unwrap_or(false), deadline).await
        })
    }

    /// Takes a picture of a region of the screen: `GET /computeruse/screenshot/region`.
    /// @param region The region in pixels.
    /// @param showCursor Whether to draw the pointer. Default: false.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns A PNG in Base64.
    #[napi(ts_return_type = "Promise<ScreenshotResponse>")]
    pub fn take_region(
        &self,
        env: Env,
        region: ScreenshotRegion,
        show_cursor: Option<bool>,
        options: Option<CallOptions>,
    ) -> Promised<ScreenshotResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.screenshot(Some(region.into()), show_cursor.unwrap_or(false), deadline).await
        })
    }

    /// Takes a smaller picture of the screen: `GET /computeruse/screenshot/compressed`.
    /// @param compression Format, quality and scale.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The picture in Base64.
    /// @example
    /// ```typescript
    /// await sandbox.computerUse.screenshot.takeCompressed({ format: "jpeg", quality: 70, scale: 0.5 });
    /// ```
    #[napi(ts_return_type = "Promise<ScreenshotResponse>")]
    pub fn take_compressed(
        &self,
        env: Env,
        compression: Option<ScreenshotOptions>,
        options: Option<CallOptions>,
    ) -> Promised<ScreenshotResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.compressed_screenshot(None, compression.unwrap_or_default().into(), deadline).await
        })
    }

    /// Takes a smaller picture of a region of the screen: `GET /computeruse/screenshot/region/compressed`.
    /// @param region The region in pixels.
    /// @param compression Format, quality and scale.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The picture in Base64.
    #[napi(ts_return_type = "Promise<ScreenshotResponse>")]
    pub fn take_compressed_region(
        &self,
        env: Env,
        region: ScreenshotRegion,
        compression: Option<ScreenshotOptions>,
        options: Option<CallOptions>,
    ) -> Promised<ScreenshotResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox
                .compressed_screenshot(Some(region.into()), compression.unwrap_or_default().into(), deadline)
                .await
        })
    }
}

/// The displays and windows of a desktop.
#[napi]
pub struct Display {
    sandbox: daytona_client::Sandbox,
}

part!(Display);

#[napi]
impl Display {
    /// Returns the displays: `GET /computeruse/display/info`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The displays.
    #[napi(ts_return_type = "Promise<DisplayInfoResponse>")]
    pub fn get_info(&self, env: Env, options: Option<CallOptions>) -> Promised<DisplayInfoResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.displays(deadline).await })
    }

    /// Returns the open windows: `GET /computeruse/display/windows`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The windows.
    #[napi(ts_return_type = "Promise<WindowsResponse>")]
    pub fn get_windows(&self, env: Env, options: Option<CallOptions>) -> Promised<WindowsResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move { sandbox.windows(deadline).await })
    }
}
