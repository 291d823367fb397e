/** Defined by `--use PROFILE_PC=1`; read only through `isDefined`. For the type checker; the compiler never sees this file. */
declare const PROFILE_PC: i32;
