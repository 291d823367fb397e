/** Attaches the role to the doors of the engine. */
export function attach(): void {}
