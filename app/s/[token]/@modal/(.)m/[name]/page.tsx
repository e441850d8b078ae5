import { SharedPicture } from "../../../../_ui/picture.tsx";
import { albumIn } from "../../../../opened.ts";
import "../../../../../(gallery)/m/media.css";

type Props = {
  params: Promise<{ token: string; name: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

/** The same view as the picture's own page, over the list it was chosen from. */
export default async function PictureDialog({ params, searchParams }: Props) {
  const { token, name } = await params;
  return <SharedPicture token={token} name={name} album={albumIn(await searchParams)} inDialog={true} />;
}
