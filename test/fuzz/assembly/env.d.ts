/** Which error is planted: defined by `--use BUG=n`. For the type checker; the compiler never sees this file. */
declare const BUG: i32;
