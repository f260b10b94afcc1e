// JOSE for tests of other folders: Node looks for packages beside who imports them.

export * from "jose";
