export { bootstrapDatabase, bootstrapDigest } from "./bootstrap-database.ts";
export { localPassword, setLocalPasswords } from "./set-local-passwords.ts";
