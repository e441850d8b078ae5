/** The pool of this process, for the folders that may not reach into db. */
export { type Db, database } from "#db/client.ts";
