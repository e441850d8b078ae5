import { testStore } from "../testing.ts";
import { multipartContract } from "./multipart-contract.ts";

multipartContract(() => testStore());
