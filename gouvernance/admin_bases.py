"""Les manières d'administrer : tout se consulte, peu s'écrit."""

from django.contrib import admin


class LectureSeule(admin.ModelAdmin):
    """Se consulte, ne s'écrit pas : seules les règles y touchent, et le journal le dit."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class SansSuppression(admin.ModelAdmin):
    def has_delete_permission(self, request, obj=None):
        return False
