import { Newcomer } from "../../_ui/newcomer.tsx";

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
  return <Newcomer token={(await params).token} setup={false} />;
}
