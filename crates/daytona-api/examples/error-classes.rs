//! Prints the error classes of the JavaScript SDK, generated from the table of
//! errors: `npm run build:errors`.

use daytona_api::ErrorKind;
use daytona_api::error::CLASSES;

fn main() {
    println!("// Generated from crates/daytona-api/src/error by `npm run build:errors`. Do not edit.");
    println!("import type {{ ErrorKind }} from \"#native\";");
    println!("import {{ DaytonaError, type DaytonaErrorDetails }} from \"./daytona-error.js\";\n");
    for class in CLASSES {
        if let Some(parent) = class.parent {
            println!("/** {} */", class.doc);
            println!("export class {} extends {} {{}}", class.name, parent.name);
        }
    }
    println!(
        "\ntype DaytonaErrorClass = new (message: string, details?: DaytonaErrorDetails) => DaytonaError;\n"
    );
    println!("/** The error class for each kind of failure. */");
    println!("export const CLASSES: Record<ErrorKind, DaytonaErrorClass> = {{");
    for kind in ErrorKind::ALL {
        println!("  {}: {},", kind.as_str(), kind.class().name);
    }
    println!("}};");
}
