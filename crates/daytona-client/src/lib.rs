//! The client of the Daytona service.
