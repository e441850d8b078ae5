import { randomBytes } from "node:crypto";
import { startCeph } from "../testing-ceph.ts";
import { contract, rgw16 } from "./contract.ts";

contract(
  "Ceph",
  async () => {
    const ceph = await startCeph();
    return { bucket: ceph.bucket(`contract-${randomBytes(4).toString("hex")}`), close: ceph.stop };
  },
  rgw16,
);
