import { Newcomer } from "../_ui/newcomer.tsx";

export default async function SetupPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { token } = await searchParams;
  return <Newcomer token={typeof token === "string" ? token : ""} setup />;
}
