/** What may be asked when many pictures are saved at once. */
import { z } from "zod";
import { addressesMax, downloadSizes } from "./shapes.ts";

export const sizeShape = z.enum(downloadSizes);
export const addressesShape = z.strictObject({
  ids: z.array(z.string().max(90)).min(1).max(addressesMax),
  size: sizeShape,
});
