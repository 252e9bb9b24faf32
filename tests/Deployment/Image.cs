using System.Text.Json;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>A built image, as a registry would get it, and the file system that a container of it would see.</summary>
sealed class Image
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    readonly string layout;

    Image(string layout, string files)
    {
        this.layout = layout;
        Files = files;
        var index = Read<Index>(Path.Combine(layout, "index.json"));
        Manifest = Read<ImageManifest>(Blob(index.Manifests.Single()));
        Config = Read<ImageConfig>(Blob(Manifest.Config));
    }

    /// <summary>The folder that holds its root file system.</summary>
    public string Files { get; }

    public ImageManifest Manifest { get; }

    public ImageConfig Config { get; }

    /// <summary>Unpacks an image in the OCI layout as a container runtime does: with what the layers say of owners, times and extended attributes.</summary>
    public static async Task<Image> Unpack(string layout, string files)
    {
        Image image = new(layout, Directory.CreateDirectory(files).FullName);
        foreach (var layer in image.Manifest.Layers)
        {
            string[] arguments = ["--extract", "--file", image.Blob(layer), "--directory", files, "--same-owner", "--same-permissions", "--xattrs", "--xattrs-include=*"];
            (await Tool.Run("tar", arguments)).MustSucceed();
        }

        return image;
    }

    string Blob(Descriptor descriptor) => Path.Combine(layout, "blobs", descriptor.Digest.Replace(':', Path.DirectorySeparatorChar));

    static T Read<T>(string file) => JsonSerializer.Deserialize<T>(File.ReadAllText(file), Json)!;

    sealed record Index(IReadOnlyList<Descriptor> Manifests);
}

sealed record Descriptor(string Digest);

sealed record ImageManifest(Descriptor Config, IReadOnlyList<Descriptor> Layers);

sealed record ImageConfig(string Architecture, string Os, ImageProcess Config);

sealed record ImageProcess(
    string User,
    IReadOnlyList<string> Env,
    IReadOnlyList<string> Entrypoint,
    IReadOnlyList<string> Cmd,
    IReadOnlyDictionary<string, string> Labels);
