/**
 * Makes one call of many that are made at about the same time: what is asked while a call is under way waits for the
 * next, which takes all of it. Alone, nobody waits; under load, a transaction is shared by all who need one.
 */
export function together<In, Out extends NonNullable<unknown>>(
  work: (all: In[]) => Promise<Out[]>,
  allMax = 100,
): (one: In) => Promise<Out> {
  type Waiting = { one: In; resolve: (out: Out) => void; reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    // What is asked in the same turn goes along.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.splice(0, allMax);
      try {
        const results = await work(batch.map(({ one }) => one));
        for (const [n, { resolve, reject }] of batch.entries()) {
          const result = results[n];
          if (result === undefined) reject(new Error("A shared call left someone without an answer."));
          else resolve(result);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  }

  return (one) =>
    new Promise((resolve, reject) => {
      waiting.push({ one, resolve, reject });
      if (!running) void run();
    });
}
