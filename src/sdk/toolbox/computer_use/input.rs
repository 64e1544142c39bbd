//! The mouse and the keyboard of a desktop.

#![expect(clippy::too_many_arguments, reason = "they are those of the methods that users call")]

use daytona_client::{
    MouseButtonRequest, MouseClickRequest, MouseClickResponse, MouseDragRequest, MouseDragResponse,
    MousePositionResponse, MouseScrollRequest, Whole,
};
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::call::{CALL, CallOptions, Promised, Resource, UNLIMITED};

/// The button that is meant when none is named.
fn left() -> String {
    "left".to_owned()
}

/// The mouse of a desktop.
#[napi]
pub struct Mouse {
    sandbox: daytona_client::Sandbox,
}

part!(Mouse);

#[napi]
impl Mouse {
    /// Returns the position of the pointer: `GET /computeruse/mouse/position`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The position in pixels.
    #[napi(ts_return_type = "Promise<MousePositionResponse>")]
    pub fn get_position(&self, env: Env, options: Option<CallOptions>) -> Promised<MousePositionResponse> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.mouse_position(deadline).await },
        )
    }

    /// Moves the pointer: `POST /computeruse/mouse/move`.
    /// @param x Pixels from the left.
    /// @param y Pixels from the top.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The position that it has then.
    #[napi(js_name = "move", ts_return_type = "Promise<MousePositionResponse>")]
    pub fn move_pointer(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] x: Whole<i32>,
        #[napi(ts_arg_type = "number")] y: Whole<i32>,
        options: Option<CallOptions>,
    ) -> Promised<MousePositionResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.move_mouse(x.0, y.0, deadline).await
        })
    }

    /// Moves the pointer and clicks: `POST /computeruse/mouse/click`.
    /// @param x Pixels from the left.
    /// @param y Pixels from the top.
    /// @param button `left`, `right` or `middle`. Default: `left`.
    /// @param double Whether to click twice. Default: false.
    /// @param clicks How often to click, 1 to 10, instead of `double`. Services before 0.223 ignore it.
    /// @param modifiers Keys that are held meanwhile: `ctrl`, `alt`, `shift`, `cmd`. Services before 0.223 ignore them.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The position of the pointer.
    /// @example
    /// ```typescript
    /// await sandbox.computerUse.mouse.click(100, 200, "right");
    /// ```
    #[napi(ts_return_type = "Promise<MouseClickResponse>")]
    pub fn click(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] x: Whole<i32>,
        #[napi(ts_arg_type = "number")] y: Whole<i32>,
        button: Option<String>,
        double: Option<bool>,
        #[napi(ts_arg_type = "number | undefined | null")] clicks: Option<Whole<i32>>,
        modifiers: Option<Vec<String>>,
        options: Option<CallOptions>,
    ) -> Promised<MouseClickResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let request = MouseClickRequest {
                x: x.0,
                y: y.0,
                button: Some(button.unwrap_or_else(left)),
                double: Some(double.unwrap_or(false)),
                clicks: clicks.map(|clicks| clicks.0),
                modifiers,
            };
            sandbox.click_mouse(&request, deadline).await
        })
    }

    /// Moves the pointer from one place to another with a button held down: `POST /computeruse/mouse/drag`.
    /// @param startX Where the button is pressed, pixels from the left.
    /// @param startY Where the button is pressed, pixels from the top.
    /// @param endX Where the button is released, pixels from the left.
    /// @param endY Where the button is released, pixels from the top.
    /// @param button `left`, `right` or `middle`. Default: `left`.
    /// @param modifiers Keys that are held meanwhile: `ctrl`, `alt`, `shift`, `cmd`. Services before 0.223 ignore them.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The position of the pointer.
    #[napi(ts_return_type = "Promise<MouseDragResponse>")]
    pub fn drag(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] start_x: Whole<i32>,
        #[napi(ts_arg_type = "number")] start_y: Whole<i32>,
        #[napi(ts_arg_type = "number")] end_x: Whole<i32>,
        #[napi(ts_arg_type = "number")] end_y: Whole<i32>,
        button: Option<String>,
        modifiers: Option<Vec<String>>,
        options: Option<CallOptions>,
    ) -> Promised<MouseDragResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let request = MouseDragRequest {
                start_x: start_x.0,
                start_y: start_y.0,
                end_x: end_x.0,
                end_y: end_y.0,
                button: Some(button.unwrap_or_else(left)),
                modifiers,
            };
            sandbox.drag_mouse(&request, deadline).await
        })
    }

    /// Moves the pointer and turns the wheel: `POST /computeruse/mouse/scroll`.
    /// @param x Pixels from the left.
    /// @param y Pixels from the top.
    /// @param direction `up` or `down`; since 0.223 also `left` or `right`.
    /// @param amount Number of notches of the wheel. Default: 1.
    /// @param modifiers Keys that are held meanwhile: `ctrl`, `alt`, `shift`, `cmd`. Services before 0.223 ignore them.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns Whether the service did it.
    #[napi(ts_return_type = "Promise<boolean>")]
    pub fn scroll(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number")] x: Whole<i32>,
        #[napi(ts_arg_type = "number")] y: Whole<i32>,
        #[napi(ts_arg_type = "'up' | 'down' | 'left' | 'right'")] direction: String,
        #[napi(ts_arg_type = "number | undefined | null")] amount: Option<Whole<i32>>,
        modifiers: Option<Vec<String>>,
        options: Option<CallOptions>,
    ) -> Promised<bool> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let request = MouseScrollRequest {
                x: x.0,
                y: y.0,
                direction,
                amount: Some(amount.map_or(1, |amount| amount.0)),
                modifiers,
            };
            sandbox.scroll_mouse(&request, deadline).await
        })
    }

    /// Presses a button and holds it: `POST /computeruse/mouse/down`. Services before 0.223 cannot.
    /// @param x Where to move first, pixels from the left. Default: where it is.
    /// @param y Where to move first, pixels from the top. Default: where it is.
    /// @param button `left`, `right` or `middle`. Default: `left`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The position of the pointer.
    /// @throws {DaytonaNotFoundError} The service does not support this operation.
    #[napi(ts_return_type = "Promise<MousePositionResponse>")]
    pub fn down(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number | undefined | null")] x: Option<Whole<i32>>,
        #[napi(ts_arg_type = "number | undefined | null")] y: Option<Whole<i32>>,
        button: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<MousePositionResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let request = MouseButtonRequest {
                x: x.map(|x| x.0),
                y: y.map(|y| y.0),
                button: Some(button.unwrap_or_else(left)),
            };
            sandbox.press_mouse(&request, deadline).await
        })
    }

    /// Releases a button that is held: `POST /computeruse/mouse/up`. Services before 0.223 cannot.
    /// @param x Where to move first, pixels from the left. Default: where it is.
    /// @param y Where to move first, pixels from the top. Default: where it is.
    /// @param button `left`, `right` or `middle`. Default: `left`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @returns The position of the pointer.
    /// @throws {DaytonaNotFoundError} The service does not support this operation.
    #[napi(ts_return_type = "Promise<MousePositionResponse>")]
    pub fn up(
        &self,
        env: Env,
        #[napi(ts_arg_type = "number | undefined | null")] x: Option<Whole<i32>>,
        #[napi(ts_arg_type = "number | undefined | null")] y: Option<Whole<i32>>,
        button: Option<String>,
        options: Option<CallOptions>,
    ) -> Promised<MousePositionResponse> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            let request = MouseButtonRequest {
                x: x.map(|x| x.0),
                y: y.map(|y| y.0),
                button: Some(button.unwrap_or_else(left)),
            };
            sandbox.release_mouse(&request, deadline).await
        })
    }
}

/// The keyboard of a desktop.
#[napi]
pub struct Keyboard {
    sandbox: daytona_client::Sandbox,
}

part!(Keyboard);

#[napi]
impl Keyboard {
    /// Types text: `POST /computeruse/keyboard/type`. A line feed is the Enter key.
    /// @param text The text, without other control characters.
    /// @param delay Milliseconds between two keys. Default: 0.
    /// @param options Timeout in seconds (default none) and a signal.
    /// @example
    /// ```typescript
    /// await sandbox.computerUse.keyboard.type("Hello, World!");
    /// ```
    #[napi(js_name = "type", ts_return_type = "Promise<void>")]
    pub fn type_text(
        &self,
        env: Env,
        text: String,
        #[napi(ts_arg_type = "number | undefined | null")] delay: Option<Whole<u32>>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, UNLIMITED, |sandbox, deadline| async move {
            sandbox.type_text(&text, delay.map(|delay| delay.0), deadline).await
        })
    }

    /// Presses and releases a key: `POST /computeruse/keyboard/key`.
    /// @param key Name of the key, such as `enter`, `escape`, `f5`, `num_plus`, a letter or a digit.
    /// @param modifiers Keys that are held meanwhile: `ctrl`, `alt`, `shift`, `cmd`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn press(
        &self,
        env: Env,
        key: String,
        modifiers: Option<Vec<String>>,
        options: Option<CallOptions>,
    ) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.press_key(&key, modifiers.unwrap_or_default(), deadline).await
        })
    }

    /// Presses and releases a chord: `POST /computeruse/keyboard/hotkey`.
    /// @param keys The keys, joined by `+`, such as `ctrl+shift+t`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn hotkey(&self, env: Env, keys: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.press_hotkey(&keys, deadline).await
        })
    }

    /// Presses a key and holds it: `POST /computeruse/keyboard/down`. Services before 0.223 cannot.
    /// @param key Name of the key, such as `shift`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The service does not support this operation.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn down(&self, env: Env, key: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(
            &env,
            options,
            CALL,
            |sandbox, deadline| async move { sandbox.hold_key(&key, deadline).await },
        )
    }

    /// Releases a key that is held: `POST /computeruse/keyboard/up`. Services before 0.223 cannot.
    /// @param key Name of the key, such as `shift`.
    /// @param options Timeout in seconds (default 60, 0 for none) and a signal.
    /// @throws {DaytonaNotFoundError} The service does not support this operation.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn up(&self, env: Env, key: String, options: Option<CallOptions>) -> Promised<()> {
        self.call(&env, options, CALL, |sandbox, deadline| async move {
            sandbox.release_key(&key, deadline).await
        })
    }
}
