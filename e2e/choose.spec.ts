import type { Page } from "playwright/test";
import { photograph } from "./pictures.ts";
import { expect, leaveNothingPublic, test } from "./test.ts";

type Chosen = Awaited<ReturnType<typeof photograph>>;

/** Hands files to the page as the browser does when they are dropped on it or pasted into it. */
async function hand(page: Page, how: "drop" | "paste", files: Chosen[]): Promise<void> {
  await page.goto("/upload");
  await expect(page.getByRole("button", { name: "Choose pictures" })).toBeEnabled();
  await page.evaluate(
    ([how, files]) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: mimeType }));
      }
      const common = { bubbles: true, cancelable: true };
      if (how === "paste")
        document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, ...common }));
      else
        for (const name of ["dragover", "drop"])
          document.body.dispatchEvent(new DragEvent(name, { dataTransfer: transfer, ...common }));
    },
    [
      how,
      files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") })),
    ] as const,
  );
}

test.afterAll(leaveNothingPublic);

for (const how of ["drop", "paste"] as const)
  test(`pictures that come by ${how} are added like chosen ones`, async ({ member }) => {
    const first = how === "drop" ? 44 : 46;
    await hand(member, how, [await photograph(first), await photograph(first + 1)]);
    await expect(member.getByRole("main")).toContainText("2 pictures added", { timeout: 60_000 });
  });
