/**
 * Room for decoded pixels, shared by everything in flight: memory follows pixels, not pictures. Work that is larger
 * than the whole room waits until it has it to itself.
 */
export function pixelRoom(total: number): <T>(pixels: number, work: () => Promise<T>) => Promise<T> {
  let free = total;
  const waiting: { need: number; start: () => void }[] = [];
  // First come, first served: a large picture is not overtaken for ever by small ones.
  const admit = (): void => {
    for (let first = waiting[0]; first !== undefined && first.need <= free; first = waiting[0]) {
      waiting.shift();
      free -= first.need;
      first.start();
    }
  };
  return async (pixels, work) => {
    const need = Math.min(pixels, total);
    await new Promise<void>((start) => {
      waiting.push({ need, start });
      admit();
    });
    try {
      return await work();
    } finally {
      free += need;
      admit();
    }
  };
}
