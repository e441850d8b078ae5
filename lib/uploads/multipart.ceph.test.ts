import { openStorage } from "../storage/s3.ts";
import { startCeph } from "../testing-ceph.ts";
import { multipartContract } from "./multipart-contract.ts";

multipartContract(async () => {
  const ceph = await startCeph();
  const storage = openStorage(ceph.bucket("parts"));
  await storage.provision({ origins: ["http://localhost:3000"] });
  const close = async (): Promise<void> => {
    storage.close();
    await ceph.stop();
  };
  return { storage, close };
});
